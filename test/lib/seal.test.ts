import { seal, unseal } from "../../lib/seal.ts";
import { Secret } from "../../lib/secret.ts";

const key = new Secret("a key of the operator's");
const sealing = { key, purpose: "callback:1", text: "https://hooks.example.com/überall?k=1" };

test("what was sealed opens again, and only as a secret", () => {
  const opened = unseal({ ...sealing, sealed: seal(sealing) });
  expect(opened?.reveal()).toBe(sealing.text);
  expect(String(opened)).toBe("<secret>");
});

test("the same text is sealed the same way, another text or purpose under another nonce", () => {
  const nonce = (sealed: string) =>
    Buffer.from(sealed.split(".")[1] ?? "", "base64url")
      .subarray(0, 12)
      .toString("hex");
  expect(seal(sealing)).toBe(seal(sealing));
  const others = [{ ...sealing, text: "other" }, { ...sealing, purpose: "callback:2" }, sealing].map(seal);
  expect(new Set(others.map(nonce)).size).toBe(3);
});

test("another key, another purpose, a changed byte or no seal at all opens nothing", () => {
  const sealed = seal(sealing);
  expect(unseal({ ...sealing, key: new Secret("another key"), sealed })).toBeNull();
  expect(unseal({ ...sealing, purpose: "callback:2", sealed })).toBeNull();
  for (let at = 3; at < sealed.length; at += 7) {
    const swapped = sealed[at] === "A" ? "B" : "A";
    expect(unseal({ ...sealing, sealed: sealed.slice(0, at) + swapped + sealed.slice(at + 1) })).toBeNull();
  }
  for (const text of ["", "s1.", "s1.AAAA", "s2.AAAA", "plain"])
    expect(unseal({ ...sealing, sealed: text })).toBeNull();
});
