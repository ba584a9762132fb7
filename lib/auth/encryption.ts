import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { Secret } from "../domain/secret.ts";

const ALGORITHM = "aes-256-gcm";
/**
 * The version at the beginning of every encrypted text. A release that changes the format of encrypted texts must also
 * change the version.
 */
const VERSION = "v1";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts a text with AES-256-GCM. Each call uses a new random number (nonce), so the same text gives different
 * results.
 * @param key a secret from the config. The encryption key is derived from `key` (HKDF, RFC 5869).
 * @param purpose describes what the encrypted text is for. To decrypt the text, call `decrypt` with the same purpose.
 */
export function encrypt(text: string, key: Secret, purpose: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, deriveKey(key), nonce).setAAD(Buffer.from(purpose));
  const encrypted = Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `${VERSION}.${encrypted.toString("base64url")}`;
}

/**
 * Decrypts a text that `encrypt` has encrypted with any of the keys. If no key fits, the result is null. If the purpose
 * differs or somebody has changed the encrypted text, the result is also null.
 */
export function decrypt(encrypted: string, keys: readonly Secret[], purpose: string): Secret | null {
  for (const key of keys) {
    const text = decryptWith(encrypted, key, purpose);
    if (text !== null) return text;
  }
  return null;
}

function decryptWith(encrypted: string, key: Secret, purpose: string): Secret | null {
  const [version, encoded = ""] = encrypted.split(".");
  const bytes = Buffer.from(encoded, "base64url");
  if (version !== VERSION || bytes.length < NONCE_BYTES + TAG_BYTES) return null;
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv(ALGORITHM, deriveKey(key), nonce, { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(purpose))
    .setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    const text = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
    return new Secret(Buffer.concat([text, decipher.final()]).toString("utf8"));
  } catch {
    return null;
  }
}

function deriveKey(key: Secret): Buffer {
  return Buffer.from(hkdfSync("sha256", key.reveal(), "", "cce-job-notifier encryption", 32));
}
