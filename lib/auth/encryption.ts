import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from "node:crypto";
import { Secret } from "../domain/secret.ts";

const VERSION = "s1";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

interface EncryptionContext {
  /** The operator's key; a key for encryption alone is derived from it (HKDF, RFC 5869). */
  readonly key: Secret;
  /** What the text is for. A text encrypted for one purpose does not open for another. */
  readonly purpose: string;
}

/**
 * Encrypts a text with AES-256-GCM. The nonce is a keyed hash of purpose and text, as in RFC 8452's synthetic IVs:
 * no two texts share one, and encryption the same text again gives the same result, so that a retried call
 * writes what the first one wrote.
 */
export function encrypt({ key, purpose, text }: EncryptionContext & { readonly text: string }): string {
  const nonce = createHmac("sha256", derive(key, "nonce"))
    .update(`${purpose.length}:${purpose}${text}`)
    .digest()
    .subarray(0, NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", derive(key, "text"), nonce).setAAD(Buffer.from(purpose));
  const encrypted = Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `${VERSION}.${encrypted.toString("base64url")}`;
}

/** Opens what `encrypt` made; null when it is not that, or was made with another key or for another purpose. */
export function decrypt({
  key,
  purpose,
  encrypted,
}: EncryptionContext & { readonly encrypted: string }): Secret | null {
  const [version, encoded = ""] = encrypted.split(".");
  const bytes = Buffer.from(encoded, "base64url");
  if (version !== VERSION || bytes.length < NONCE_BYTES + TAG_BYTES) return null;
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv("aes-256-gcm", derive(key, "text"), nonce, { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(purpose))
    .setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    const text = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
    return new Secret(Buffer.concat([text, decipher.final()]).toString("utf8"));
  } catch {
    return null;
  }
}

function derive(key: Secret, use: "text" | "nonce"): Buffer {
  return Buffer.from(hkdfSync("sha256", key.reveal(), "", `cce-job-notifier encrypt ${use}`, 32));
}
