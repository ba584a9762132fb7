import type { JsonObject } from "../../domain/json.ts";
import type { ChatMessage, ConfiguredTexts, Tone } from "../chat/chat-message.ts";
import {
  createMarkdownStyleWithoutEscapes,
  disableMarkupByZeroWidthSpaces,
  renderMarkdownWithoutHeadline,
} from "../chat/markdown.ts";

/** https://developer.work.weixin.qq.com/document/path/91770 */
const MAX_CONTENT_BYTES = 4_096;
const EMPTY_BODY_BYTES = JSON.stringify({ msgtype: "markdown", markdown: { content: "" } }).length;

const COLOURS: Readonly<Record<Tone, string>> = { good: "info", bad: "warning", doubtful: "warning" };
const STYLE = createMarkdownStyleWithoutEscapes("\n", (line) => `<font color="comment">${line}</font>`);

/** Formats a message in Markdown for WeCom. The message mentions only the configured user. */
export function formatWecomMessage(message: ChatMessage, { mention }: ConfiguredTexts): JsonObject {
  const headline = `### <font color="${COLOURS[message.tone]}">${disableMarkupByZeroWidthSpaces(message.headline)}</font>`;
  const mentionLine = mention === null ? [] : [mentionTag(mention)];
  const content = [headline, ...mentionLine, ...renderMarkdownWithoutHeadline(message, STYLE)].join("\n");
  return { msgtype: "markdown", markdown: { content } };
}

/**
 * Formats the headline of a message as a text message for WeCom. WeCom mentions only the people in `mentioned_list`,
 * where `@all` means everyone.
 */
export function formatPlainWecomMessage(headline: string, { mention }: ConfiguredTexts): JsonObject {
  const userId = mention?.replace(/^<?@|>$/g, "") ?? null;
  const mentioned = userId === null ? [] : [userId === "all" ? "@all" : userId];
  return { msgtype: "text", text: { content: headline, mentioned_list: mentioned } };
}

/** Converts the setting `mention` (a user ID or a whole tag) to a tag such as `<@mara>`. */
function mentionTag(mention: string): string {
  return mention.startsWith("<") ? mention : `<@${mention.replace(/^@/, "")}>`;
}

/** Returns true if the size of a message is within the limit of WeCom. */
export function isWecomMessageWithinLimits(payload: JsonObject): boolean {
  return Buffer.byteLength(JSON.stringify(payload)) - EMPTY_BODY_BYTES <= MAX_CONTENT_BYTES;
}
