import { jsonBody } from "../channel.ts";
import type { ChatFormat } from "../chat/chat-channel.ts";
import type { ChatMessage, Tone } from "../chat/chat-message.ts";
import { type MarkdownStyle, markdownParagraphs, quoteLines, separateMarkup } from "../chat/markdown.ts";

/** https://developer.work.weixin.qq.com/document/path/91770 */
export const WECOM_LIMITS = { contentBytes: 4_096 } as const;

const COLOURS: Readonly<Record<Tone, string>> = { good: "info", bad: "warning", doubtful: "warning" };
const STYLE: MarkdownStyle = { escapeText: separateMarkup, quote: (reason) => quoteLines(reason, "\n") };

/** A Markdown message. Only the target's own `<@user>` is a mention. */
export const wecomMessage: ChatFormat = {
  rateLimit: { messages: 20, windowMs: 60_000 },
  render: (message, mention) => ({ payload: payloadOf(contentOf(message, mention)), fallback: null }),
  isWithinLimits: ({ payload }) =>
    jsonBody(payload).length - jsonBody(payloadOf("")).length <= WECOM_LIMITS.contentBytes,
};

const payloadOf = (content: string) => ({ msgtype: "markdown", markdown: { content } });

function contentOf(message: ChatMessage, mention: string | null): string {
  const headline = `### <font color="${COLOURS[message.tone]}">${separateMarkup(message.headline)}</font>`;
  const mentionLine = mention === null ? [] : [mentionTag(mention)];
  return [headline, ...mentionLine, ...markdownParagraphs(message, STYLE)].join("\n");
}

/** The config has a user ID, or the whole tag. */
function mentionTag(mention: string): string {
  return mention.startsWith("<") ? mention : `<@${mention.replace(/^@/, "")}>`;
}
