import { jsonBody } from "../channel.ts";
import type { ChatFormat } from "../chat/chat-channel.ts";
import { type MarkdownStyle, markdownParagraphs, quoteLines, separateMarkup } from "../chat/markdown.ts";

/** https://open.dingtalk.com/document/orgapp/custom-robots-send-group-messages */
export const DINGTALK_LIMITS = { bodyBytes: 20_000 } as const;

const STYLE: MarkdownStyle = { escapeText: separateMarkup, quote: (reason) => quoteLines(reason, "  \n") };

/** A Markdown message. DingTalk mentions only whom `at` names, so an `@` in untrusted text mentions nobody. */
export const dingtalkMessage: ChatFormat = {
  rateLimit: { messages: 20, windowMs: 60_000 },
  render(message, mention) {
    const at = mentionOf(mention);
    const title = separateMarkup(message.headline);
    const mentionLine = at.name === null ? [] : [`@${at.name}`];
    const text = [`### ${title}`, ...mentionLine, ...markdownParagraphs(message, STYLE)].join("\n\n");
    const payload = {
      msgtype: "markdown",
      markdown: { title, text },
      at: { atMobiles: at.mobiles, atUserIds: at.userIds, isAtAll: at.isAll },
    };
    return { payload, fallback: null };
  },
  isWithinLimits: ({ payload }) => jsonBody(payload).length <= DINGTALK_LIMITS.bodyBytes,
};

/** The config has a mobile number, a user ID or `all`. DingTalk wants the name in the text as well. */
function mentionOf(mention: string | null) {
  const name = mention?.replace(/^@/, "") ?? null;
  const isAll = name === "all";
  const isMobile = name !== null && /^\+?[0-9-]{6,20}$/.test(name);
  const isUserId = name !== null && !isAll && !isMobile;
  return { name, isAll, mobiles: isMobile ? [name] : [], userIds: isUserId ? [name] : [] };
}
