import { cleanLine, cleanLines, escapeHtml, escapeTags } from "../../../lib/domain/plain-text.ts";

it.each([
  ["two\r\nlines", "two lines"],
  ["a\u0000b\u001b[2Jc", "a b [2Jc"],
  ["txt.\u202eexe", "txt.exe"],
  ["\u2066hidden\u2069", "hidden"],
  ["half \ud83d", "half \ufffd"],
  ["  padded\t", "padded"],
])("a name is one line without anything that acts: %j", (text, expected) => {
  expect(cleanLine(text)).toBe(expected);
});

it("a reason keeps its cleanLines and tabs, and nothing else that acts", () => {
  expect(cleanLines("a\r\nb\rc\u2028d\te\u0007\u202e\n")).toBe("a\nb\nc\nd\te");
});

it("escapes what is markup in HTML and in an attribute", () => {
  expect(escapeHtml(`a<b>&"c'`)).toBe("a&lt;b&gt;&amp;&quot;c&#39;");
  expect(escapeTags(`a<b>&"c'`)).toBe(`a&lt;b&gt;&amp;"c'`);
});
