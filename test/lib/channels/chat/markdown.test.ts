import type { NotificationContent } from "../../../../lib/channels/channel.ts";
import { createStyleWithoutEscapes, disableMarkup } from "../../../../lib/channels/chat/markdown.ts";
import { format } from "../samples.ts";
import { targetOf } from "../support/targets.ts";

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
describe("a Discord message", () => {
  it.each([..."\\`*_~|<>[]()#:+.!-"])("shows the character %s without a change", (character) => {
    const content: NotificationContent = {
      kind: "test",
      target: `a${character}b`,
      caller: "token:ci",
      at: 0,
    };
    const { payload } = format(targetOf("discord", "https://discord.com/api/webhooks/1/x"), content);
    expect(JSON.stringify(payload)).toContain(JSON.stringify(`a\\${character}b`).slice(1, -1));
  });
});
