import { createStyleWithoutEscapes, disableMarkup } from "../../../../lib/channels/chat/markdown.ts";

it.each(["<@all>", "[x](https://e)", "![x](u)", "`c`", "**b**", "# h", "  > q", "- l", "1. l", "<font>"])(
  "disableMarkup inserts an invisible character into %j",
  (text) => {
    const separated = disableMarkup(text);
    expect(separated).not.toBe(text);
    expect(separated.replaceAll("\u200b", "")).toBe(text);
  },
);

it.each(["# h", "> q", "- l", "1. l", "+ l", "| t", "= h"])(
  "disableMarkup inserts an invisible character also into a later line %j",
  (line) => {
    const later = ["first", "", `  ${line}`].join("\n");
    expect(disableMarkup(later)).toBe(["first", "", `  \u200b${line}`].join("\n"));
  },
);

it("createStyleWithoutEscapes quotes each line", () => {
  expect(createStyleWithoutEscapes("  \n").quote("first\n# second")).toBe("> first  \n> \u200b# second");
});
