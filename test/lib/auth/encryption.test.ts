import { decrypt, encrypt } from "../../../lib/auth/encryption.ts";
import { Secret } from "../../../lib/domain/secret.ts";

const key = new Secret("the operator's link key");
const PURPOSE = "callback:1";
const TEXT = "https://hooks.example.com/überall?k=1";

test("decrypts an encrypted text to a secret", () => {
  const decrypted = decrypt(encrypt(TEXT, key, PURPOSE), [key], PURPOSE);
  expect(decrypted?.reveal()).toBe(TEXT);
  expect(String(decrypted)).toBe("<secret>");
});

test("encrypts the same text differently each time, and decrypts every result", () => {
  const results = Array.from({ length: 20 }, () => encrypt(TEXT, key, PURPOSE));
  const nonces = results.map((result) => result.slice("v1.".length, "v1.".length + 16));
  expect(new Set(nonces).size).toBe(20);
  expect(results.map((encrypted) => decrypt(encrypted, [key], PURPOSE)?.reveal())).toEqual(
    results.map(() => TEXT),
  );
});

test("does not decrypt with another key or another purpose", () => {
  const encrypted = encrypt(TEXT, key, PURPOSE);
  expect(decrypt(encrypted, [new Secret("another key")], PURPOSE)).toBeNull();
  expect(decrypt(encrypted, [key], "callback:2")).toBeNull();
});

test("does not decrypt a result with one changed character", () => {
  const encrypted = encrypt(TEXT, key, PURPOSE);
  for (let at = 0; at < encrypted.length; at += 1) {
    const changed = `${encrypted.slice(0, at)}${encrypted[at] === "A" ? "B" : "A"}${encrypted.slice(at + 1)}`;
    expect(decrypt(changed, [key], PURPOSE)).toBeNull();
  }
});

test.each(["", "v1.", "v1.AAAA", "v2.AAAA", "plain"])("does not decrypt '%s'", (encrypted) => {
  expect(decrypt(encrypted, [key], PURPOSE)).toBeNull();
});

test("decrypts with each of two keys, so that an operator can replace a key", () => {
  const encrypted = encrypt(TEXT, key, PURPOSE);
  const newer = new Secret("a newer key");
  expect(decrypt(encrypted, [newer, key], PURPOSE)?.reveal()).toBe(TEXT);
  expect(decrypt(encrypted, [newer], PURPOSE)).toBeNull();
});

test("decrypts a ciphertext that an earlier release has stored", () => {
  const stored = "v1.bLDNZYjYbwjPCM1w1Laz62yBJZRyfoODU4D1P_1Sfmr8gb01USZpNpGhshn9icIFvQnr";
  const storedKey = new Secret("7f3k9q2m5x8w1z4c6v0b3n7j5h2g8d1s");
  expect(decrypt(stored, [storedKey], PURPOSE)?.reveal()).toBe("https://ci.example/done");
});

test("decrypts an empty string, which has the shortest ciphertext", () => {
  expect(decrypt(encrypt("", key, PURPOSE), [key], PURPOSE)?.reveal()).toBe("");
});
