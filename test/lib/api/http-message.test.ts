import { etagOf, matchesEtag } from "../../../lib/api/http-message.ts";

test("etagOf depends on the body", () => {
  expect(etagOf("a")).toBe(etagOf("a"));
  expect(etagOf("a")).not.toBe(etagOf("b"));
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
