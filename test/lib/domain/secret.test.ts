import { inspect } from "node:util";
import { Secret } from "../../../lib/domain/secret.ts";

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
