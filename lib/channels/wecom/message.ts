import type { Story, Tone } from "../chat/chat-message.ts";
import { keepApart } from "../chat/escape-markdown.ts";
import { type Markdown, markdownStory } from "../chat/markdown.ts";
import type { Message } from "../payload.ts";

/** https://developer.work.weixin.qq.com/document/path/91770 */
export const WECOM_LIMITS = { contentBytes: 4_096 } as const;

const COLOURS: Readonly<Record<Tone, string>> = { good: "info", bad: "warning", doubtful: "warning" };

const MARKDOWN: Markdown = {
  text: keepApart,
  quote: (reason) =>
    reason
      .split("\n")
      .map((line) => `> ${keepApart(line)}`)
      .join("\n"),
};

/** A markdown message, in which only the target's own `<@user>` is a mention. */
export function wecomMessage(story: Story, mention: string | null): Message {
  const content = contentOf(story, mention);
  return { payload: { msgtype: "markdown", markdown: { content } }, fallback: null };
}

export function wecomFits({ payload }: Message): boolean {
  const around = JSON.stringify({ msgtype: "markdown", markdown: { content: "" } });
  return Buffer.byteLength(JSON.stringify(payload)) - around.length <= WECOM_LIMITS.contentBytes;
}

function contentOf(story: Story, mention: string | null): string {
  const headline = `### <font color="${COLOURS[story.tone]}">${keepApart(story.headline)}</font>`;
  const call = mention === null ? [] : [atTag(mention)];
  return [headline, ...call, ...markdownStory(story, MARKDOWN)].join("\n");
}

/** A mention in the config is a user ID, or the tag with it. */
function atTag(mention: string): string {
  return mention.startsWith("<") ? mention : `<@${mention.replace(/^@/, "")}>`;
}
