import { inspect } from "node:util";
import { HeaderSecret, Secret, SecretText } from "../../../lib/domain/secret.ts";

const secret = new Secret("hunter2-hunter2");

test.each([
  ["a string conversion", () => String(secret)],
  ["a template literal", () => `${secret}`],
  ["the method toString", () => secret.toString()],
  ["JSON", () => JSON.stringify({ secret })],
  ["util.inspect", () => inspect({ secret }, { depth: 9, showHidden: true })],
  ["an error's message", () => new Error(`wrong: ${secret}`).stack ?? ""],
])("a secret does not print itself in %s", (_way, print) => {
  expect(print()).toContain("<secret>");
  expect(print()).not.toContain("hunter2");
});

test("`reveal` returns the secret text", () => {
  expect(secret.reveal()).toBe("hunter2-hunter2");
});

test("a secret has no enumerable properties", () => {
  expect(Object.entries(secret)).toEqual([]);
  expect({ ...secret }).toEqual({});
});

test("a secret text is not empty, and a secret for a header has no spaces around it", () => {
  expect(SecretText.parse(" a\n").reveal()).toBe(" a\n");
  expect(HeaderSecret.parse(" a\n").reveal()).toBe("a");
  for (const schema of [SecretText, HeaderSecret])
    expect(schema.safeParse("").error?.issues[0]?.message).toBe("must not be empty");
});
