import { DINGTALK_LIMITS } from "../../../lib/channels/dingtalk/message.ts";
import { DISCORD_LIMITS } from "../../../lib/channels/discord/message.ts";
import { FEISHU_LIMITS } from "../../../lib/channels/feishu/message.ts";
import { SLACK_LIMITS } from "../../../lib/channels/slack/message.ts";
import type { TargetKind } from "../../../lib/channels/targets.ts";
import { TEAMS_LIMITS } from "../../../lib/channels/teams/message.ts";
import { WECOM_LIMITS } from "../../../lib/channels/wecom/message.ts";

type Document = Readonly<Record<string, unknown>>;
interface Text {
  readonly text: string;
  readonly holder: Document;
}

function textsOf(value: unknown): readonly Text[] {
  if (typeof value !== "object" || value === null) return [];
  const holder = value as Document;
  return Object.values(holder).flatMap((part) =>
    typeof part === "string" ? [{ text: part, holder }] : textsOf(part),
  );
}

const bytesOf = (document: Document): number => Buffer.byteLength(JSON.stringify(document));

/** Expects the message of a target without a mention to be within the limits and to mention nobody. */
export function expectRulesKept(kind: TargetKind, payload: Document): void {
  for (const { text } of textsOf(payload)) expect(text.isWellFormed()).toBe(true);
  RULES[kind](payload);
}

const RULES: Readonly<Record<TargetKind, (payload: Document) => void>> = {
  webhook: (payload) => expect(bytesOf(payload)).toBeLessThan(20_000),
  slack(payload) {
    const blocks = payload.blocks as readonly Document[];
    expect(blocks.length).toBeLessThanOrEqual(SLACK_LIMITS.blocks);
    expect(JSON.stringify(blocks).length).toBeLessThanOrEqual(SLACK_LIMITS.blocksCharacters);
    expect((blocks[0] as { text: Text }).text.text.length).toBeLessThanOrEqual(SLACK_LIMITS.headerCharacters);
    for (const { text, holder } of textsOf(payload)) {
      expect(text).not.toBe("");
      expect(holder.type).not.toBe("mrkdwn");
      if (holder.type === "plain_text" || holder === payload)
        expect(text).not.toMatch(/[<>]|&(?!(amp|lt|gt);)/);
      if (holder.type === "button" && holder.url === text) expect(text.length).toBeLessThanOrEqual(3_000);
    }
  },
  feishu(payload) {
    expect(bytesOf(payload)).toBeLessThan(FEISHU_LIMITS.bodyBytes);
    for (const { text, holder } of textsOf(payload))
      if (holder.tag === "lark_md" && holder.content === text)
        expect(text).toMatch(/^\[Read more\]\(https:[^()\s]+\)$/);
  },
  dingtalk(payload) {
    expect(bytesOf(payload)).toBeLessThan(DINGTALK_LIMITS.bodyBytes);
    expect(payload.at).toEqual({ atMobiles: [], atUserIds: [], isAtAll: false });
    expect(JSON.stringify(payload.markdown)).not.toMatch(/@all|@138|\]\(https:\/\/evil/);
  },
  wecom(payload) {
    const { content } = payload.markdown as { content: string };
    expect(Buffer.byteLength(content)).toBeLessThanOrEqual(WECOM_LIMITS.contentBytes);
    const own = /^### <font color="(info|warning)">(.*)<\/font>\n([\s\S]*)$/.exec(content);
    expect(`${own?.[2]}\n${own?.[3]}`).not.toMatch(/<[@/f]|\]\(https:\/\/evil/);
  },
  teams(payload) {
    expect(bytesOf(payload)).toBeLessThan(TEAMS_LIMITS.bodyBytes);
    expect(JSON.stringify(payload)).not.toMatch(/<\/?at\b|"entities"|"TextBlock"|"FactSet"/i);
  },
  discord(payload) {
    const [embed, ...others] = payload.embeds as readonly { description: string }[];
    const content = String(payload.content);
    const description = embed?.description ?? "";
    expect(others).toEqual([]);
    expect(content.length).toBeLessThanOrEqual(DISCORD_LIMITS.contentCharacters);
    expect(description.length).toBeLessThanOrEqual(DISCORD_LIMITS.descriptionCharacters);
    expect(payload.allowed_mentions).toEqual({ parse: [] });
    const outsideCode = `${content}\n${description}`.split("```").filter((_, index) => index % 2 === 0);
    expect(outsideCode.join("\n")).not.toMatch(/@everyone|(?<!\\)<[@#:]|(?<!\\)\]\(https:\/\/evil/);
  },
};
