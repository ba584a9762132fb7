import { createStyleWithoutEscapes, disableMarkup } from "../../../../lib/channels/chat/markdown.ts";

it.each(["<@all>", "[x](https://e)", "![x](u)", "`c`", "**b**", "# h", "  > q", "- l", "1. l", "<font>"])(
  "disableMarkup inserts an invisible character into %j",
  (text) => {
    const separated = disableMarkup(text);
    expect(separated).not.toBe(text);
    expect(separated.replaceAll("\u200b", "")).toBe(text);
  },
);

it("createStyleWithoutEscapes quotes each line", () => {
  expect(createStyleWithoutEscapes("  \n").quote("first\n# second")).toBe("> first  \n> \u200b# second");
});
