import type { JsonObject } from "../../domain/json.ts";
import type { ChatMessage, ConfiguredTexts, FailureText, Link, Tone } from "../chat/chat-message.ts";
import { NO_REASON, READ_MORE, withKeyword } from "../chat/chat-message.ts";
import { ZERO_WIDTH_SPACE } from "../chat/markdown.ts";

const TEMPLATES: Readonly<Record<Tone, string>> = { good: "green", bad: "red", doubtful: "orange" };

/**
 * Formats an interactive card for Feishu. Untrusted text is in `plain_text` elements, because Feishu ignores markup and
 * `<at>` in `plain_text` elements.
 */
export function formatFeishuMessage(message: ChatMessage, { mention, keyword }: ConfiguredTexts): JsonObject {
  const card = {
    config: { wide_screen_mode: true },
    header: {
      template: TEMPLATES[message.tone],
      title: plainText(withKeyword(message.headline, keyword)),
    },
    elements: elementsOf(message, mention),
  };
  return { msg_type: "interactive", card };
}

/** Formats the headline of a message as a text message for Feishu. An invisible character disables `<at>` tags. */
export function formatPlainFeishuMessage(
  headline: string,
  { mention, keyword }: ConfiguredTexts,
): JsonObject {
  const text = withKeyword(headline.replaceAll("<", `<${ZERO_WIDTH_SPACE}`), keyword);
  const tag = mention === null ? "" : ` <at user_id="${mentionId(mention)}"></at>`;
  return { msg_type: "text", content: { text: text + tag } };
}

function elementsOf(message: ChatMessage, mention: string | null): object[] {
  const facts = message.facts.map(({ label, value }) => `${label}: ${value}`);
  return [
    ...(mention === null ? [] : [markdownLine(mentionTag(mention))]),
    ...(facts.length > 0 ? [plainLine(facts.join(" · "))] : []),
    ...message.summary.map(plainLine),
    ...message.failures.flatMap(failureElements),
    ...message.notes.map(plainLine),
    ...(message.links.length > 0 ? [{ tag: "action", actions: message.links.map(button) }] : []),
    { tag: "note", elements: [plainText(message.footer)] },
  ];
}

function failureElements({ title, reason, hint }: FailureText): object[] {
  return [
    { tag: "hr" },
    ...(title === null ? [] : [plainLine(`▸ ${title}`)]),
    plainLine(reason ?? NO_REASON),
    ...(hint === null ? [] : [plainLine(`💡 ${hint.advice}`)]),
    ...(hint === null || hint.url === null ? [] : [markdownLine(`[${READ_MORE}](${hint.url})`)]),
  ];
}

const plainText = (content: string) => ({ tag: "plain_text", content });
const plainLine = (content: string) => ({ tag: "div", text: plainText(content) });
/** Creates a line of a card with markup. Never pass untrusted text to `markdownLine`. */
const markdownLine = (content: string) => ({ tag: "div", text: { tag: "lark_md", content } });

const button = ({ label, url }: Link) => ({ tag: "button", type: "default", text: plainText(label), url });

/**
 * Returns the `<at>` tag for a mention from the config. A mention in the config is a whole tag, an ID such as `ou_…`,
 * or `all`.
 */
function mentionTag(mention: string): string {
  return mention.startsWith("<") ? mention : `<at id=${mentionId(mention)}></at>`;
}

/** Returns the ID in a mention from the config, without `@` and without the tag. */
function mentionId(mention: string): string {
  return /^<at (?:user_)?id="?([^\s">]*)/.exec(mention)?.[1] ?? mention.replace(/^@/, "");
}
