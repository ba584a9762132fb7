import type { JsonObject } from "../../domain/json.ts";
import type { ChatMessage, ConfiguredTexts, Tone } from "../chat/chat-message.ts";
import { createStyleWithoutEscapes, disableMarkup, renderMarkdownBody } from "../chat/markdown.ts";

/** https://developer.work.weixin.qq.com/document/path/91770 */
const MAX_CONTENT_BYTES = 4_096;
const EMPTY_BODY_BYTES = JSON.stringify({ msgtype: "markdown", markdown: { content: "" } }).length;

const COLOURS: Readonly<Record<Tone, string>> = { good: "info", bad: "warning", doubtful: "warning" };
const STYLE = createStyleWithoutEscapes("\n", (line) => `<font color="comment">${line}</font>`);

/** Formats a message in Markdown for WeCom. Only the `<@user>` tag from the target's config is a mention. */
export function formatWecomMessage(message: ChatMessage, { mention }: ConfiguredTexts): JsonObject {
  const headline = `### <font color="${COLOURS[message.tone]}">${disableMarkup(message.headline)}</font>`;
  const mentionLine = mention === null ? [] : [mentionTag(mention)];
  const content = [headline, ...mentionLine, ...renderMarkdownBody(message, STYLE)].join("\n");
  return { msgtype: "markdown", markdown: { content } };
}

/** Formats the headline of a message as a text message for WeCom. Only the field `mentioned_list` mentions people. */
export function formatPlainWecomMessage(headline: string, { mention }: ConfiguredTexts): JsonObject {
  const mentioned = mention === null ? [] : [mention.replace(/^<?@|>$/g, "")];
  return { msgtype: "text", text: { content: headline, mentioned_list: mentioned } };
}

/** Returns the `<@user>` tag for a mention from the config. A mention in the config is a user ID or a whole tag. */
function mentionTag(mention: string): string {
  return mention.startsWith("<") ? mention : `<@${mention.replace(/^@/, "")}>`;
}

/** Returns true if the size of a message is within the limits of WeCom. */
export function isWecomMessageWithinLimits(payload: JsonObject): boolean {
  return Buffer.byteLength(JSON.stringify(payload)) - EMPTY_BODY_BYTES <= MAX_CONTENT_BYTES;
}
