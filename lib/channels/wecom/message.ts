import type { FormattedMessage } from "../channel.ts";
import type { ChatMessage, Tone } from "../chat/chat-message.ts";
import { markdownParagraphs, markdownWithoutEscapes, separateMarkup } from "../chat/markdown.ts";

const COLOURS: Readonly<Record<Tone, string>> = { good: "info", bad: "warning", doubtful: "warning" };
const STYLE = markdownWithoutEscapes("\n");

/** A Markdown message. Only the target's own `<@user>` is a mention. */
export function wecomMessage(message: ChatMessage, mention: string | null): FormattedMessage {
  const headline = `### <font color="${COLOURS[message.tone]}">${separateMarkup(message.headline)}</font>`;
  const mentionLine = mention === null ? [] : [mentionTag(mention)];
  const content = [headline, ...mentionLine, ...markdownParagraphs(message, STYLE)].join("\n");
  return { payload: markdownPayload(content), fallback: null };
}

export const markdownPayload = (content: string) => ({ msgtype: "markdown", markdown: { content } });

/** The config has a user ID, or the whole tag. */
function mentionTag(mention: string): string {
  return mention.startsWith("<") ? mention : `<@${mention.replace(/^@/, "")}>`;
}
