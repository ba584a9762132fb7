import type { FormattedMessage } from "../channel.ts";
import type { ChatMessage } from "../chat/chat-message.ts";
import { createStyleWithoutEscapes, disableMarkup, renderMarkdownParagraphs } from "../chat/markdown.ts";

const STYLE = createStyleWithoutEscapes("  \n");

/**
 * Formats a message in Markdown for DingTalk. DingTalk mentions only people in the field `at`, so an `@` in untrusted
 * text mentions nobody.
 */
export function formatDingtalkMessage(message: ChatMessage, mention: string | null): FormattedMessage {
  const at = mentionOf(mention);
  const title = disableMarkup(message.headline);
  const mentionLine = at.name === null ? [] : [`@${at.name}`];
  const text = [`### ${title}`, ...mentionLine, ...renderMarkdownParagraphs(message, STYLE)].join("\n\n");
  const payload = {
    msgtype: "markdown",
    markdown: { title, text },
    at: { atMobiles: at.mobiles, atUserIds: at.userIds, isAtAll: at.isAll },
  };
  return { payload, fallback: null };
}

/**
 * Parses a mention from the config: a mobile number, a user ID or `all`. DingTalk mentions a person only if the message
 * text also contains `name`.
 */
function mentionOf(mention: string | null) {
  const name = mention?.replace(/^@/, "") ?? null;
  const isAll = name === "all";
  const isMobile = name !== null && /^\+?[0-9-]{6,20}$/.test(name);
  const isUserId = name !== null && !isAll && !isMobile;
  return { name, isAll, mobiles: isMobile ? [name] : [], userIds: isUserId ? [name] : [] };
}
