import { randomBytes } from "node:crypto";
import { findGuessableLinkKeys } from "../../../local/ops/guessable-link-keys.ts";

const find = (...linkKeys: unknown[]) => findGuessableLinkKeys({ settings: { linkKeys } });

test.each([
  "a".repeat(40),
  "passwordpasswordpasswordpassword",
  "changeme1changeme1changeme1changeme1",
  "0123456789abcdefghijklmnopqrstuvwxyz",
  "0123456789abcdef0123456789abcdef",
  "31415926535897932384626433832795028",
  "correct horse battery staple correct hen",
  "my-secret-for-the-links-of-prod-2026",
  "Quite-Long-Words-Of-A-Person-Who-Types",
])("a link key that a person wrote is easy to guess: %s", (key) => {
  expect(find(key)).toEqual([expect.stringMatching(/^settings\.linkKeys\[0\]: is easy to guess/)]);
  expect(find(key).join()).not.toContain(key);
});

test("link keys of a random generator are not easy to guess", () => {
  const keys = Array.from({ length: 300 }, () => randomBytes(16).toString("hex"));
  expect(find(...keys)).toEqual([]);
  expect(find(...keys.map(() => randomBytes(32).toString("base64")))).toEqual([]);
});

test("a base64 link key without a digit is not easy to guess", () => {
  const hasNoDigit = (text: string) => !/[0-9]/.test(text);
  const keys = Array.from({ length: 30_000 }, () => randomBytes(32).toString("base64")).filter(hasNoDigit);
  expect(keys.length).toBeGreaterThan(0);
  expect(find(...keys)).toEqual([]);
});

test.each([[undefined], [null], [{ settings: { linkKeys: "x" } }], [{ settings: { linkKeys: [1] } }]])(
  "a document with a wrong type has no link keys: %j",
  (document) => {
    expect(findGuessableLinkKeys(document)).toEqual([]);
  },
);
