import type { Button, KnownBlock, PlainTextElement, RichTextBlock, RichTextElement } from "@slack/types";
import { escapeTags } from "../../domain/plain-text.ts";
import { truncate } from "../../domain/truncate-text.ts";
import type { FormattedMessage } from "../channel.ts";
import type { ChatMessage, Fact, FailureText, Hint, Link } from "../chat/chat-message.ts";
import { NO_REASON, READ_MORE } from "../chat/chat-message.ts";

/** https://docs.slack.dev/reference/block-kit/blocks and https://docs.slack.dev/reference/methods/chat.postMessage */
const MAX_TEXT_CHARACTERS = 4_000;
const MAX_HEADER_CHARACTERS = 150;
const MAX_CONTEXT_CHARACTERS = 2_000;
const MAX_BUTTON_CHARACTERS = 75;

/**
 * Formats a message for an incoming webhook of Slack. Untrusted text is in blocks without markup. In the field `text`
 * untrusted text is escaped.
 */
export function formatSlackMessage(message: ChatMessage, mention: string | null): FormattedMessage {
  const prefix = mention === null ? "" : `${mention} `;
  const text = prefix + escaped(message.headline, MAX_TEXT_CHARACTERS - prefix.length);
  const blocks = blocksOf(message, mention);
  return { payload: { text, blocks, unfurl_links: false, unfurl_media: false }, fallback: { text } };
}

function blocksOf(message: ChatMessage, mention: string | null): KnownBlock[] {
  return [
    { type: "header", text: plainText(message.headline, MAX_HEADER_CHARACTERS) },
    ...(mention === null ? [] : [mentionBlock(mention)]),
    ...(message.facts.length > 0 ? [factsBlock(message.facts)] : []),
    ...message.summary.map((line) => paragraph(boldText(line))),
    ...message.failures.map(failureBlock),
    ...message.notes.map((line) => paragraph(normalText(line))),
    ...(message.links.length > 0 ? [{ type: "actions" as const, elements: message.links.map(button) }] : []),
    { type: "context", elements: [plainText(message.footer, MAX_CONTEXT_CHARACTERS)] },
  ];
}

const mentionBlock = (mention: string): KnownBlock => ({
  type: "section",
  text: { type: "mrkdwn", text: mention },
});

const button = ({ label, url }: Link): Button => ({
  type: "button",
  text: plainText(label, MAX_BUTTON_CHARACTERS),
  url,
});

type Section = RichTextBlock["elements"][number];

/** Returns a block of a Slack message with the facts, such as `Project: prod · Region: eu-de`. */
function factsBlock(facts: readonly Fact[]): RichTextBlock {
  const elements = facts.flatMap(({ label, value }, index) => [
    ...(index > 0 ? [normalText(" · ")] : []),
    boldText(`${label}: `),
    normalText(value),
  ]);
  return paragraph(...elements);
}

/**
 * Returns a block of a Slack message with the title of the failure, the failure reason as preformatted text, and the
 * hint.
 */
function failureBlock({ title, reason, hint }: FailureText): RichTextBlock {
  const reasonSection: Section =
    reason === null
      ? section({ type: "text", text: NO_REASON, style: { italic: true } })
      : { type: "rich_text_preformatted", elements: [{ type: "text", text: reason }] };
  return block(
    ...(title === null ? [] : [section(boldText(title))]),
    reasonSection,
    ...(hint === null ? [] : [section(...hintElements(hint))]),
  );
}

function hintElements({ advice, url }: Hint): RichTextElement[] {
  return url === null
    ? [normalText(`💡 ${advice}`)]
    : [normalText(`💡 ${advice} `), { type: "link", url, text: READ_MORE }];
}

/** A rich text block is the only Slack block that supports bold text and code and also ignores markup in its text. */
const block = (...elements: Section[]): RichTextBlock => ({ type: "rich_text", elements });
const paragraph = (...elements: RichTextElement[]) => block(section(...elements));
const section = (...elements: RichTextElement[]): Section => ({ type: "rich_text_section", elements });
const normalText = (text: string): RichTextElement => ({ type: "text", text });
const boldText = (text: string): RichTextElement => ({ type: "text", text, style: { bold: true } });

/**
 * Plain text in Slack has no markup except entities such as `&amp;`. With `emoji: false` Slack does not replace
 * `:name:` with an emoji.
 */
function plainText(text: string, maxCharacters: number): PlainTextElement {
  return { type: "plain_text", text: escaped(text, maxCharacters), emoji: false };
}

/**
 * Truncates the text before the text is escaped, so that no entity such as `&amp;` is split.
 * https://docs.slack.dev/messaging/formatting-message-text/#escaping
 */
function escaped(text: string, maxCharacters: number): string {
  return escapeTags(truncate(text, maxCharacters, (part) => escapeTags(part).length));
}
