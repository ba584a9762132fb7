import { Target } from "../../../lib/channels/registry.ts";
import { formatOutcome, SAMPLES } from "./samples.ts";

function payloadFor(kind: string, mention: string): Readonly<Record<string, unknown>> {
  const target = Target.parse({ kind, url: "https://hooks.example.com/x", mention });
  return formatOutcome(target, SAMPLES.failed).payload;
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

describe("the formatter", () => {
  it.each([
    ["13800001111", { atMobiles: ["13800001111"], atUserIds: [], isAtAll: false }],
    ["+86-13800001111", { atMobiles: ["+86-13800001111"], atUserIds: [], isAtAll: false }],
    ["@manager7", { atMobiles: [], atUserIds: ["manager7"], isAtAll: false }],
    ["all", { atMobiles: [], atUserIds: [], isAtAll: true }],
  ])("names the mention %s in both the `at` field and the text of DingTalk", (mention, at) => {
    const payload = payloadFor("dingtalk", mention);
    expect(payload.at).toEqual(at);
    expect((payload.markdown as { text: string }).text).toContain(`\n\n@${mention.replace("@", "")}\n\n`);
  });

  it.each([
    ["<@&42>", { parse: [], roles: ["42"] }],
    ["<@42>", { parse: [], users: ["42"] }],
    ["<@!42>", { parse: [], users: ["42"] }],
    ["@here", { parse: ["everyone"] }],
    ["somebody", { parse: [] }],
  ])("allows Discord only the configured mention: %s", (mention, allowed) => {
    const payload = payloadFor("discord", mention);
    expect(payload.allowed_mentions).toEqual(allowed);
    expect(payload.content).toMatch(new RegExp(` ${mention}$`));
  });

  it.each(["ou_7", "@ou_7", "<at id=ou_7></at>"])(
    "makes the same Feishu tag from an ID and from a whole tag: %s",
    (mention) => {
      expect(JSON.stringify(payloadFor("feishu", mention))).toContain(
        '"lark_md","content":"<at id=ou_7></at>"',
      );
    },
  );

  it.each(["kim", "@kim", "<@kim>"])(
    "makes the same WeCom tag from a user ID and from a whole tag: %s",
    (mention) => {
      const { content } = payloadFor("wecom", mention).markdown as { content: string };
      expect(content.split("\n")[1]).toBe("<@kim>");
    },
  );

  it.each([
    ["kim", "kim"],
    ["<@kim>", "kim"],
    ["all", "@all"],
    ["@all", "@all"],
  ])("names the mention %s in the plain message of WeCom as %s", (mention, name) => {
    const target = Target.parse({ kind: "wecom", url: "https://hooks.example.com/x", mention });
    const { fallback } = formatOutcome(target, SAMPLES.failed);
    expect(fallback).toMatchObject({ text: { mentioned_list: [name] } });
  });

  it.each([
    ["slack", "<!subteam^S1>", "<!subteam^S1> "],
    ["feishu", "ou_7", '<at user_id="ou_7"></at>'],
    ["feishu", "<at id=ou_7></at>", '<at user_id="ou_7"></at>'],
    ["feishu", "@all", '<at user_id="all"></at>'],
    ["dingtalk", "@13800001111", " @13800001111"],
    ["teams", "kim@example.com", "<at>kim@example.com</at>"],
    ["discord", "<@&42>", " <@&42>"],
  ])("mentions the same people in the plain message of %s: %s", (kind, mention, text) => {
    const target = Target.parse({ kind, url: "https://hooks.example.com/x", mention });
    const { payload, fallback } = formatOutcome(target, SAMPLES.failed);
    expect(textsIn(fallback).filter((one) => one.includes(text))).not.toEqual([]);
    for (const field of ["at", "allowed_mentions"]) expect(fallback?.[field]).toEqual(payload[field]);
  });

  it.each(["kim@example.com", "<at>kim@example.com</at>"])(
    "gives Teams the text and the entity of the mention %s",
    (mention) => {
      const json = JSON.stringify(payloadFor("teams", mention));
      const entity = {
        type: "mention",
        text: "<at>kim@example.com</at>",
        mentioned: { id: "kim@example.com", name: "kim@example.com" },
      };
      expect(json).toContain(`"entities":[${JSON.stringify(entity)}]`);
      expect(json).toContain('"TextBlock","text":"<at>kim@example.com</at>"');
    },
  );

  it("puts a Slack mention before the headline and into a separate block", () => {
    const { text, blocks } = payloadFor("slack", "<!subteam^S1>");
    expect(text).toMatch(/^<!subteam\^S1> ❌ Failed/);
    expect((blocks as readonly unknown[])[1]).toEqual({
      type: "section",
      text: { type: "mrkdwn", text: "<!subteam^S1>" },
    });
  });
});
