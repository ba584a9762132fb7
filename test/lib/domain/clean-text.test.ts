import {
  escapeAmpersandAndAngleBrackets,
  escapeHtml,
  toSafeMultilineText,
  toSafeOneLineText,
} from "../../../lib/domain/clean-text.ts";

it.each([
  ["two\r\nlines", "two lines"],
  ["a\u0000b\u001b[2Jc", "a b [2Jc"],
  ["\u001b[1;31merror\u001b[0m: x\u001b[m", "error: x"],
  ["txt.\u202eexe", "txt.exe"],
  ["\u2066hidden\u2069", "hidden"],
  ["half \ud83d", "half \ufffd"],
  ["  padded\t", "padded"],
])("toSafeOneLineText removes control characters and line breaks: %j", (text, expected) => {
  expect(toSafeOneLineText(text)).toBe(expected);
});

it("toSafeMultilineText keeps line breaks and tabs", () => {
  expect(toSafeMultilineText("a\r\nb\rc\u2028d\te\u0007\u202e\n")).toBe("a\nb\nc\nd\te");
});

it("toSafeMultilineText removes the colours of a terminal", () => {
  expect(toSafeMultilineText("\u001b[31merror\u001b[0m\n\u001b[2Jb")).toBe("error\n[2Jb");
});

it("escapeHtml escapes text for elements and attributes, and escapeAmpersandAndAngleBrackets escapes only tags", () => {
  expect(escapeHtml(`a<b>&"c'`)).toBe("a&lt;b&gt;&amp;&quot;c&#39;");
  expect(escapeAmpersandAndAngleBrackets(`a<b>&"c'`)).toBe(`a&lt;b&gt;&amp;"c'`);
});
