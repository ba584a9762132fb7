import { decrypt, encrypt } from "../../../lib/auth/encryption.ts";
import { Secret } from "../../../lib/domain/secret.ts";

const key = new Secret("a key of the operator's");
const encryption = { key, purpose: "callback:1", text: "https://hooks.example.com/überall?k=1" };

test("what was encrypted opens again, and only as a secret", () => {
  const opened = decrypt({ ...encryption, encrypted: encrypt(encryption) });
  expect(opened?.reveal()).toBe(encryption.text);
  expect(String(opened)).toBe("<secret>");
});

test("the same text is encrypted the same way, another text or purpose under another nonce", () => {
  const nonce = (encrypted: string) =>
    Buffer.from(encrypted.split(".")[1] ?? "", "base64url")
      .subarray(0, 12)
      .toString("hex");
  expect(encrypt(encryption)).toBe(encrypt(encryption));
  const others = [{ ...encryption, text: "other" }, { ...encryption, purpose: "callback:2" }, encryption].map(
    encrypt,
  );
  expect(new Set(others.map(nonce)).size).toBe(3);
});

test("another key, another purpose, a changed byte or no encrypt at all opens nothing", () => {
  const encrypted = encrypt(encryption);
  expect(decrypt({ ...encryption, key: new Secret("another key"), encrypted })).toBeNull();
  expect(decrypt({ ...encryption, purpose: "callback:2", encrypted })).toBeNull();
  for (let at = 3; at < encrypted.length; at += 7) {
    const swapped = encrypted[at] === "A" ? "B" : "A";
    expect(
      decrypt({ ...encryption, encrypted: encrypted.slice(0, at) + swapped + encrypted.slice(at + 1) }),
    ).toBeNull();
  }
  for (const text of ["", "s1.", "s1.AAAA", "s2.AAAA", "plain"])
    expect(decrypt({ ...encryption, encrypted: text })).toBeNull();
});
