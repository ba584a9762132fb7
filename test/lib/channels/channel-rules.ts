import type { TargetKind } from "../../../lib/channels/registry.ts";

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

/** Asserts that the message of a target without a mention is within the limits and mentions nobody. */
export function expectRulesKept(kind: TargetKind, payload: Document): void {
  for (const { text } of textsOf(payload)) expect(text.isWellFormed()).toBe(true);
  RULES[kind](payload);
}

/** Links in Markdown whose labels contain no tag, no mention and no other link. */
const MARKDOWN_LINKS =
  /^\[([^[\]<@]|[[\]<@]\u200b)*\]\(https?:[^()\s]+\)( · \[([^[\]<@]|[[\]<@]\u200b)*\]\(https?:[^()\s]+\))*$/;

/** The documented limits of the receivers. The limits are not imported from the product, so that tests find errors. */
const RULES: Readonly<Record<TargetKind, (payload: Document) => void>> = {
  webhook: (payload) => expect(bytesOf(payload)).toBeLessThan(20_000),
  slack(payload) {
    const blocks = payload.blocks as readonly Document[];
    expect(blocks.length).toBeLessThanOrEqual(50);
    expect(JSON.stringify(blocks).length).toBeLessThanOrEqual(12_000);
    expect(String(payload.text).length).toBeLessThanOrEqual(4_000);
    expect(payload.text).not.toMatch(/@(all|channel|everyone|here)|\]\(https:\/\/evil/);
    expect((blocks[0] as { text: Text }).text.text.length).toBeLessThanOrEqual(150);
    expect(JSON.stringify(blocks)).not.toMatch(/"(actions|button)"/);
    for (const { text, holder } of textsOf(payload)) {
      expect(text).not.toBe("");
      expect(holder.type).not.toBe("mrkdwn");
      if (holder.type === "plain_text" || holder === payload)
        expect(text).not.toMatch(/[<>]|&(?!(amp|lt|gt);)/);
    }
  },
  feishu(payload) {
    expect(bytesOf(payload)).toBeLessThan(20_000);
    for (const { text, holder } of textsOf(payload))
      if (holder.tag === "lark_md" && holder.content === text) expect(text).toMatch(MARKDOWN_LINKS);
    expect(JSON.stringify(payload)).not.toContain('"button"');
  },
  dingtalk(payload) {
    expect(bytesOf(payload)).toBeLessThan(20_000);
    expect(payload.at).toEqual({ atMobiles: [], atUserIds: [], isAtAll: false });
    expect(JSON.stringify(payload.markdown)).not.toMatch(/@all|@138|\]\(https:\/\/evil/);
  },
  wecom(payload) {
    const { content } = payload.markdown as { content: string };
    expect(Buffer.byteLength(content)).toBeLessThanOrEqual(4_096);
    const own =
      /^### <font color="(?:info|warning)">(.*)<\/font>\n([\s\S]*)<font color="comment">(.*)<\/font>$/.exec(
        content,
      );
    expect(own).not.toBeNull();
    expect(own?.slice(1).join("\n")).not.toMatch(/<[@/f]|\]\(https:\/\/evil/);
  },
  teams(payload) {
    expect(bytesOf(payload)).toBeLessThan(22_000);
    expect(JSON.stringify(payload)).not.toMatch(/<\/?at\b|"entities"|"FactSet"|"actions"/i);
    for (const { text, holder } of textsOf(payload))
      if (holder.type === "TextBlock" && holder.text === text)
        expect(text).toMatch(/^\{\{DATE\([-:TZ\d]+,SHORT\)\}\} \{\{TIME\([-:TZ\d]+\)\}\}$/);
  },
  discord(payload) {
    const [embed, ...others] = payload.embeds as readonly { description: string }[];
    const content = String(payload.content);
    const description = embed?.description ?? "";
    expect(others).toEqual([]);
    expect(content.length).toBeLessThanOrEqual(2_000);
    expect(description.length).toBeLessThanOrEqual(4_096);
    expect(payload.allowed_mentions).toEqual({ parse: [] });
    const outsideCode = `${content}\n${description}`.split("```").filter((_, index) => index % 2 === 0);
    expect(outsideCode.join("\n")).not.toMatch(/@everyone|(?<!\\)<[@#:]|(?<!\\)\]\(https:\/\/evil/);
  },
};
