import { markdownWithoutEscapes, separateMarkup } from "../../../../lib/channels/chat/markdown.ts";

it.each(["<@all>", "[x](https://e)", "![x](u)", "`c`", "**b**", "# h", "  > q", "- l", "1. l", "<font>"])(
  "separateMarkup inserts an invisible character into %j",
  (text) => {
    const separated = separateMarkup(text);
    expect(separated).not.toBe(text);
    expect(separated.replaceAll("\u200b", "")).toBe(text);
  },
);

it("markdownWithoutEscapes quotes each line", () => {
  expect(markdownWithoutEscapes("  \n").quote("first\n# second")).toBe("> first  \n> \u200b# second");
});
