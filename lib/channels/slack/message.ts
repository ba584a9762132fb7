import type { Button, KnownBlock, PlainTextElement, RichTextBlock, RichTextElement } from "@slack/types";
import type { JsonObject } from "../../domain/json.ts";
import { escapeTags } from "../../domain/plain-text.ts";
import { truncate } from "../../domain/truncate-text.ts";
import type { ChatMessage, ConfiguredTexts, Fact, FailureText, Hint, Link } from "../chat/chat-message.ts";
import { NO_REASON, READ_MORE } from "../chat/chat-message.ts";
import { disableMarkup } from "../chat/markdown.ts";

/** https://docs.slack.dev/reference/block-kit/blocks and https://docs.slack.dev/reference/methods/chat.postMessage */
const MAX_TEXT_CHARACTERS = 4_000;
const MAX_LAST_LINES_CHARACTERS = 2_000;
const MAX_HEADER_CHARACTERS = 150;
const MAX_CONTEXT_CHARACTERS = 2_000;
const MAX_BUTTON_CHARACTERS = 75;

/**
 * Formats a message for an incoming webhook of Slack. Untrusted text is in blocks without markup. Slack shows the field
 * `text` only in the preview of a message. Mattermost, Rocket.Chat and workflows of Slack show only the field `text`, so
 * this field contains the whole message too.
 */
export function formatSlackMessage(message: ChatMessage, { mention }: ConfiguredTexts): JsonObject {
  const links = message.links.map(({ label, url }) => `${label}: ${url}`);
  const text = createText([message.headline, ...textLinesOf(message)], [...links, message.footer], mention);
  return { text, blocks: blocksOf(message, mention), unfurl_links: false, unfurl_media: false };
}

/** Formats the headline of a message as plain text for Slack. */
export function formatPlainSlackMessage(headline: string, { mention }: ConfiguredTexts): JsonObject {
  return { text: createText([headline], [], mention) };
}

/**
 * Joins lines of plain text. If the text is too long, the end of `lines` is omitted, but not `lastLines`, which contain
 * the links.
 */
function createText(lines: readonly string[], lastLines: readonly string[], mention: string | null): string {
  const prefix = mention === null ? "" : `${mention} `;
  const end = lastLines.map((line) => `\n${escapeTags(disableMarkup(line))}`).join("");
  const shortEnd = end.length > MAX_LAST_LINES_CHARACTERS ? "" : end;
  const available = MAX_TEXT_CHARACTERS - prefix.length - shortEnd.length;
  return prefix + escaped(lines.map(disableMarkup).join("\n"), available) + shortEnd;
}

/** Returns the parts of a message below the headline and above the links as lines of plain text. */
function textLinesOf({ facts, summary, failures, notes }: ChatMessage): string[] {
  return [
    ...summary,
    ...failures.flatMap(({ title, reason, hint }) => [
      ...(title === null ? [] : [`▸ ${title}`]),
      reason ?? NO_REASON,
      ...(hint === null ? [] : [`💡 ${hint.advice} ${hint.url ?? ""}`.trim()]),
    ]),
    ...notes,
    facts.map(({ label, value }) => `${label}: ${value}`).join(" · "),
  ].filter((line) => line !== "");
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
