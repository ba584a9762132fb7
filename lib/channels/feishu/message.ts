import type { JsonObject } from "../../domain/json.ts";
import type { Texts } from "../../domain/texts.ts";
import { formatUtc } from "../../domain/time-text.ts";
import type { CauseText, ChatMessage, ConfiguredTexts, Tone } from "../chat/chat-message.ts";
import { appendKeywordIfMissing, joinFooterAndTime } from "../chat/chat-message.ts";
import { disableMarkupByZeroWidthSpaces, ZERO_WIDTH_SPACE } from "../chat/markdown.ts";

/** https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot */
const MAX_BODY_BYTES = 20_000;
/** The maximum size of `timestamp` and `sign`, which each delivery attempt adds to the message. */
const SIGNATURE_BYTES = 200;

const TEMPLATES: Readonly<Record<Tone, string>> = { good: "green", bad: "red", doubtful: "orange" };

/**
 * Formats a message for Feishu. The Feishu message is an interactive card. Untrusted text is in elements of the type
 * `plain_text`, in which Feishu ignores markup and `<at>` tags. Only links are in elements with markup. The function
 * disables the markup inside the label of each link.
 */
export function formatFeishuMessage(message: ChatMessage, { mention, keyword }: ConfiguredTexts): JsonObject {
  const card = {
    config: { wide_screen_mode: true },
    header: {
      template: TEMPLATES[message.tone],
      title: plainText(appendKeywordIfMissing(message.headline, keyword)),
    },
    elements: elementsOf(message, mention),
  };
  return { msg_type: "interactive", card };
}

/**
 * Formats a text message for Feishu with only the headline. An invisible character after each `<` prevents that an
 * `<at>` tag becomes a mention.
 */
export function formatPlainFeishuMessage(
  headline: string,
  { mention, keyword }: ConfiguredTexts,
): JsonObject {
  const text = appendKeywordIfMissing(headline.replaceAll("<", `<${ZERO_WIDTH_SPACE}`), keyword);
  const tag = mention === null ? "" : ` <at user_id="${mentionId(mention)}"></at>`;
  return { msg_type: "text", content: { text: text + tag } };
}

function elementsOf(message: ChatMessage, mention: string | null): object[] {
  const { texts, footer, at } = message;
  const facts = message.facts.map(({ label, value }) => label + texts["fact.separator"] + value);
  const links = message.links.map(({ label, url }) => `[${disableMarkupByZeroWidthSpaces(label)}](${url})`);
  return [
    ...(mention === null ? [] : [markdownLine(mentionTag(mention))]),
    ...message.statements.map(plainLine),
    ...message.causes.flatMap((cause) => causeElements(cause, texts)),
    ...message.notes.map(plainLine),
    ...(facts.length > 0 ? [plainLine(facts.join(" · "))] : []),
    ...(links.length > 0 ? [markdownLine(links.join(" · "))] : []),
    { tag: "note", elements: [plainText(joinFooterAndTime(footer, formatUtc(at)))] },
  ];
}

function causeElements({ title, path, reason, hint }: CauseText, texts: Texts): object[] {
  return [
    { tag: "hr" },
    ...(title === null ? [] : [plainLine(`▸ ${title}`)]),
    ...(path === null ? [] : [{ tag: "note", elements: [plainText(path)] }]),
    plainLine(reason ?? texts["cause.noReason"]),
    ...(hint === null ? [] : [plainLine(`💡 ${hint.advice}`)]),
    ...(hint === null || hint.url === null ? [] : [markdownLine(`[${texts.readMore}](${hint.url})`)]),
  ];
}

const plainText = (content: string) => ({ tag: "plain_text", content });
const plainLine = (content: string) => ({ tag: "div", text: plainText(content) });
/**
 * Creates a line of a card. Feishu interprets markup in a line of the type `lark_md`. The caller must remove the effect
 * of markup in untrusted text first.
 */
const markdownLine = (content: string) => ({ tag: "div", text: { tag: "lark_md", content } });

/** Returns the `<at>` tag for a mention from the config: a whole tag, an ID such as `ou_…`, or `all`. */
function mentionTag(mention: string): string {
  return mention.startsWith("<") ? mention : `<at id=${mentionId(mention)}></at>`;
}

/** Returns the ID in a mention from the config, without `@` and without the tag. */
function mentionId(mention: string): string {
  return /^<at (?:user_)?id="?([^\s">]*)/.exec(mention)?.[1] ?? mention.replace(/^@/, "");
}

/** Returns true if a message is not too large for Feishu. */
export function isFeishuMessageWithinLimits(payload: JsonObject): boolean {
  return Buffer.byteLength(JSON.stringify(payload)) <= MAX_BODY_BYTES - SIGNATURE_BYTES;
}
