import type { NotificationContent } from "../../../../lib/channels/channel.ts";
import {
  createMarkdownStyleWithoutEscapes,
  disableMarkupByZeroWidthSpaces,
} from "../../../../lib/channels/chat/markdown.ts";
import { format, formatOutcome, SAMPLES, target } from "../samples.ts";
import { targetOf } from "../support/targets.ts";

it.each(["<@all>", "[x](https://e)", "![x](u)", "`c`", "**b**", "# h", "  > q", "- l", "1. l", "<font>"])(
  "disableMarkupByZeroWidthSpaces inserts an invisible character into %j",
  (text) => {
    const separated = disableMarkupByZeroWidthSpaces(text);
    expect(separated).not.toBe(text);
    expect(separated.replaceAll("\u200b", "")).toBe(text);
  },
);

it.each(["# h", "> q", "- l", "1. l", "+ l", "| t", "= h"])(
  "disableMarkupByZeroWidthSpaces inserts an invisible character also into a later line %j",
  (line) => {
    const later = ["first", "", `  ${line}`].join("\n");
    expect(disableMarkupByZeroWidthSpaces(later)).toBe(["first", "", `  \u200b${line}`].join("\n"));
  },
);

it("createMarkdownStyleWithoutEscapes quotes each line", () => {
  expect(createMarkdownStyleWithoutEscapes("  \n", String).quote("first\n# second")).toBe(
    "> first  \n> \u200b# second",
  );
});
it.each([
  ["discord", "-# prod · eu\\-de · Job job\\-1 · <t:1776154154:f>"],
  ["dingtalk", "###### prod · eu-de · Job job-1 · 2026-04-14 08:09:14 UTC"],
  ["wecom", '<font color="comment">prod · eu-de · Job job-1 · 2026-04-14 08:09:14 UTC</font>'],
] as const)("the last line of a message for %s is small or pale", (kind, line) => {
  const { payload } = formatOutcome(target(kind, false), SAMPLES.failed);
  const texts = [...JSON.stringify(payload).matchAll(/"(?:description|text|content)":("(?:[^"\\]|\\.)*")/g)];
  const lastLines = texts.map(([, text = '""']) => String(JSON.parse(text)).split("\n").at(-1));
  expect(lastLines).toContain(line);
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
