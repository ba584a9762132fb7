import { formatNotification } from "../../../lib/channels/format.ts";
import { Target } from "../../../lib/channels/targets.ts";
import { SAMPLES } from "./samples.ts";

function told(kind: string, mention: string): Readonly<Record<string, unknown>> {
  const target = Target.parse({ kind, url: "https://hooks.example.com/x", mention });
  return formatNotification(target, SAMPLES.failed).payload;
}

it.each([
  ["13800001111", { atMobiles: ["13800001111"], atUserIds: [], isAtAll: false }],
  ["@manager7", { atMobiles: [], atUserIds: ["manager7"], isAtAll: false }],
  ["all", { atMobiles: [], atUserIds: [], isAtAll: true }],
])("DingTalk is told whom to call beside the text, and by name in it: %s", (mention, at) => {
  const payload = told("dingtalk", mention);
  expect(payload.at).toEqual(at);
  expect((payload.markdown as { text: string }).text).toContain(`\n\n@${mention.replace("@", "")}\n\n`);
});

it.each([
  ["<@&42>", { parse: [], roles: ["42"] }],
  ["<@42>", { parse: [], users: ["42"] }],
  ["<@!42>", { parse: [], users: ["42"] }],
  ["@here", { parse: ["everyone"] }],
  ["somebody", { parse: [] }],
])("Discord lets through the one mention that is configured: %s", (mention, allowed) => {
  const payload = told("discord", mention);
  expect(payload.allowed_mentions).toEqual(allowed);
  expect(payload.content).toMatch(new RegExp(` ${mention}$`));
});

it.each(["ou_7", "@ou_7", "<at id=ou_7></at>"])("Feishu takes an ID or its whole tag: %s", (mention) => {
  expect(JSON.stringify(told("feishu", mention))).toContain('"lark_md","content":"<at id=ou_7></at>"');
});

it.each(["kim", "@kim", "<@kim>"])("WeCom takes a user or the whole tag: %s", (mention) => {
  const { content } = told("wecom", mention).markdown as { content: string };
  expect(content.split("\n")[1]).toBe("<@kim>");
});

it.each(["kim@example.com", "<at>kim@example.com</at>"])(
  "Teams gets the text and the entity of it: %s",
  (mention) => {
    const json = JSON.stringify(told("teams", mention));
    const entity = {
      type: "mention",
      text: "<at>kim@example.com</at>",
      mentioned: { id: "kim@example.com", name: "kim@example.com" },
    };
    expect(json).toContain(`"entities":[${JSON.stringify(entity)}]`);
    expect(json).toContain('"TextBlock","text":"<at>kim@example.com</at>"');
  },
);

it("Slack's mention stands before the headline and in a block of its own", () => {
  const { text, blocks } = told("slack", "<!subteam^S1>");
  expect(text).toMatch(/^<!subteam\^S1> ❌ Failed/);
  expect((blocks as readonly unknown[])[1]).toEqual({
    type: "section",
    text: { type: "mrkdwn", text: "<!subteam^S1>" },
  });
});
