import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { Secret } from "../domain/secret.ts";

const ALGORITHM = "aes-256-gcm";
/**
 * The version of the format is the first part of an encrypted text. The version changes if the format of encrypted
 * texts changes.
 */
const VERSION = "v1";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

interface EncryptionKey {
  /**
   * The secret of the operator of the service. The function derives the encryption key from the secret (HKDF, RFC
   * 5869).
   */
  readonly key: Secret;
  /** The parameter `purpose` says what the text is for. Decryption needs the same value of `purpose` as encryption. */
  readonly purpose: string;
}

/** Encrypts a text with AES-256-GCM. Every call uses a new random nonce, so two encryptions of the same text differ. */
export function encrypt(text: string, { key, purpose }: EncryptionKey): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, deriveKey(key), nonce).setAAD(Buffer.from(purpose));
  const encrypted = Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `${VERSION}.${encrypted.toString("base64url")}`;
}

/**
 * Decrypts a text that `encrypt` has returned. Returns null if the secret or the parameter `purpose` is wrong, or if
 * the encrypted text was changed.
 */
export function decrypt(encrypted: string, { key, purpose }: EncryptionKey): Secret | null {
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
