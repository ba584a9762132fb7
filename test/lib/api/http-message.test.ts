import { computeEtag, countBytesAsSentByLambda, matchesEtag } from "../../../lib/api/http-message.ts";

test("computeEtag depends on the body", () => {
  expect(computeEtag("a")).toBe(computeEtag("a"));
  expect(computeEtag("a")).not.toBe(computeEtag("b"));
});

test.each([
  [undefined, false],
  ["", false],
  ["*", true],
  ['"x"', true],
  ['W/"x"', true],
  ['"a,b", "x"', true],
  ['"xx"', false],
  ["x", false],
  ['"a"x"', false],
])("matchesEtag of the header %j is %s", (header, expected) => {
  expect(matchesEtag(header, '"x"')).toBe(expected);
});

test("countBytesAsSentByLambda counts the bytes of the JSON document that contains the body as a string", () => {
  const bytesOf = (body: string) => countBytesAsSentByLambda({ status: 200, body });
  const empty = bytesOf("");
  expect([bytesOf("a"), bytesOf('"'), bytesOf("é"), bytesOf("嗯")].map((bytes) => bytes - empty)).toEqual([
    1, 2, 2, 3,
  ]);
});
