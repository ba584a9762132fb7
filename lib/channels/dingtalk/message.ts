import type { JsonObject } from "../../domain/json.ts";
import { appendKeywordIfMissing, type ChatMessage, type ConfiguredTexts } from "../chat/chat-message.ts";
import {
  createMarkdownStyleWithoutEscapes,
  disableMarkupByZeroWidthSpaces,
  renderMarkdownWithoutHeadline,
} from "../chat/markdown.ts";

/** https://open.dingtalk.com/document/orgapp/custom-robots-send-group-messages */
const MAX_BODY_BYTES = 20_000;

const STYLE = createMarkdownStyleWithoutEscapes("  \n", (line) => `###### ${line}`);

/**
 * Formats a message for DingTalk in Markdown. DingTalk mentions only the people in the field `at`, so an `@` in
 * untrusted text mentions nobody.
 */
export function formatDingtalkMessage(
  message: ChatMessage,
  { mention, keyword }: ConfiguredTexts,
): JsonObject {
  const { name, at } = mentionOf(mention);
  const title = appendKeywordIfMissing(disableMarkupByZeroWidthSpaces(message.headline), keyword);
  const mentionLine = name === null ? [] : [`@${name}`];
  const text = [`### ${title}`, ...mentionLine, ...renderMarkdownWithoutHeadline(message, STYLE)].join(
    "\n\n",
  );
  return { msgtype: "markdown", markdown: { title, text }, at };
}

/** Formats a plain text message for DingTalk with only the headline. */
export function formatPlainDingtalkMessage(
  headline: string,
  { mention, keyword }: ConfiguredTexts,
): JsonObject {
  const { name, at } = mentionOf(mention);
  const content = appendKeywordIfMissing(headline, keyword) + (name === null ? "" : ` @${name}`);
  return { msgtype: "text", text: { content }, at };
}

/**
 * Returns the field `at` of a DingTalk message: the mentioned people. The parameter of an `@` mention in DingTalk is a
 * mobile number, a user ID or `all`. DingTalk mentions a person only if the text of the message also contains `name`.
 */
function mentionOf(mention: string | null) {
  const name = mention?.replace(/^@/, "") ?? null;
  const isAll = name === "all";
  const isMobile = name !== null && /^\+?[0-9-]{6,20}$/.test(name);
  const isUserId = name !== null && !isAll && !isMobile;
  return {
    name,
    at: { atMobiles: isMobile ? [name] : [], atUserIds: isUserId ? [name] : [], isAtAll: isAll },
  };
}

/** Returns true if a message is not too large for DingTalk. */
export function isDingtalkMessageWithinLimits(payload: JsonObject): boolean {
  return Buffer.byteLength(JSON.stringify(payload)) <= MAX_BODY_BYTES;
}
