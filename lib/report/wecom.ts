import type { Message } from "./message.ts";
import type { Hint, Story, Tone, Trouble } from "./story/story.ts";
import { utc } from "./text/utc.ts";
import { WORDS } from "./text/words.ts";

/** https://developer.work.weixin.qq.com/document/path/91770 */
export const WECOM_LIMITS = { contentBytes: 4_096 } as const;

const COLOURS: Readonly<Record<Tone, string>> = { good: "info", bad: "warning", doubtful: "warning" };
/** Keeps two characters apart that would be markup together, and cannot be seen. */
const APART = "\u200b";

/** A markdown message. WeCom knows no escape, so in foreign text whatever would be markup is kept apart. */
export function wecomMessage(story: Story, mention: string | null): Message {
  const content = linesOf(story, mention).join("\n");
  return { payload: { msgtype: "markdown", markdown: { content } }, fallback: null };
}

export function wecomFits({ payload }: Message): boolean {
  const { content } = payload.markdown as { content: string };
  return Buffer.byteLength(content) <= WECOM_LIMITS.contentBytes;
}

function linesOf(story: Story, mention: string | null): string[] {
  const after = [story.more, ...story.warnings.map((warning) => `${WORDS.warningIcon} ${warning}`)];
  const footer = [story.footer, utc(story.at)].filter((part) => part !== null).join(" · ");
  const headline = `### <font color="${COLOURS[story.tone]}">${keepApart(story.headline)}</font>`;
  return [
    mention === null ? headline : `${headline} ${atTag(mention)}`,
    ...story.facts.map(({ label, value }) => `**${keepApart(label)}**: ${keepApart(value)}`),
    ...story.summary.map(keepApart),
    ...story.troubles.flatMap(troubleLines),
    ...after.filter((line) => line !== null).map(keepApart),
    ...(story.links.length > 0
      ? [story.links.map(({ label, url }) => `[${keepApart(label)}](${url})`).join(" · ")]
      : []),
    keepApart(footer),
  ];
}

function troubleLines({ title, reason, hint }: Trouble): string[] {
  return [
    ...(title === null ? [] : [`**${keepApart(title)}**`]),
    ...(reason ?? WORDS.noReason).split("\n").map((line) => `> ${keepApart(line)}`),
    ...(hint === null ? [] : [hintLine(hint)]),
  ];
}

function hintLine({ advice, url }: Hint): string {
  const words = `${WORDS.hintIcon} ${keepApart(advice)}`;
  return url === null ? words : `${words} [${WORDS.readMore}](${url})`;
}

/** A mention in the config is a user ID, or the tag with it. */
function atTag(mention: string): string {
  return mention.startsWith("<") ? mention : `<@${mention.replace(/^@/, "")}>`;
}

/** `<@user>`, `<font …>`, `[label](address)`, bold, code, and what begins a heading or a quotation. */
export function keepApart(text: string): string {
  return text.replace(/[<\]*`[]/g, (character) => `${character}${APART}`).replace(/^(?=[#>])/gm, APART);
}
