import { bearerToken, TokenError, tokenFault } from "../../client/bearer-token.ts";

test.each([
  ["ab\ncd", "a line break"],
  ["ab cd", "a blank"],
  ["ccen_…", "a '…'"],
  ["abécd", "a character"],
  ["  ", "is empty"],
])("%j is no token, and the words for it do not show it", (text, words) => {
  expect(tokenFault(text)).toContain(words);
  expect(() => bearerToken(text)).toThrow(TokenError);
  expect(tokenFault(text)).not.toMatch(/ab|cd|ccen/);
});

test("what a file or a variable adds around a token is no part of it", () => {
  expect(bearerToken(" ccen_a-b~c.d/+==\r\n")).toBe("ccen_a-b~c.d/+==");
});
