import type { KnownBlock, PlainTextElement, RichTextBlock, RichTextElement } from "@slack/types";
import { escapeAmpersandAndAngleBrackets } from "../../domain/clean-text.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { Texts } from "../../domain/texts.ts";
import { formatUtc } from "../../domain/time-text.ts";
import { truncate } from "../../domain/truncate-text.ts";
import type { CauseText, ChatMessage, ConfiguredTexts, Fact, Hint, Link } from "../chat/chat-message.ts";
import { joinFooterAndTime } from "../chat/chat-message.ts";
import { disableMarkupByZeroWidthSpaces } from "../chat/markdown.ts";

/** https://docs.slack.dev/reference/block-kit/blocks */
const MAX_BLOCKS = 50;
/**
 * The maximum length of the JSON text of all blocks in a Slack message. Slack does not document the maximum length of
 * the blocks. Slack refuses longer blocks with the error `invalid_blocks` or `msg_blocks_too_long`.
 */
const MAX_BLOCKS_CHARACTERS = 12_000;

/** https://docs.slack.dev/reference/block-kit/blocks and https://docs.slack.dev/reference/methods/chat.postMessage */
const MAX_TEXT_CHARACTERS = 4_000;
const MAX_LAST_LINES_CHARACTERS = 2_000;
const MAX_HEADER_CHARACTERS = 150;
/**
 * The possible maximum lengths of one failure reason in the field `text` of a Slack message. The service uses the
 * largest of `REASON_CHARACTERS` with which all causes fit.
 */
const REASON_CHARACTERS = [4_000, 1_000, 500, 300, 100];

/**
 * Formats a message for an incoming webhook of Slack. The untrusted text of the message is in blocks without markup.
 * Slack shows the field `text` only in the preview of a message. Mattermost, Rocket.Chat and workflows of Slack show
 * only the field `text`, so `text` contains the whole message too.
 */
export function formatSlackMessage(message: ChatMessage, { mention }: ConfiguredTexts): JsonObject {
  const links = message.links.map(({ label, url }) => `${label}: ${url}`);
  const end = [...links, joinFooterAndTime(message.footer, formatUtc(message.at))];
  const candidates = REASON_CHARACTERS.map((maxReason) => [
    message.headline,
    ...textLinesOf(message, maxReason),
  ]);
  const text = createText(candidates, end, mention);
  return { text, blocks: blocksOf(message, mention), unfurl_links: false, unfurl_media: false };
}

/** Formats the headline of a message as plain text for Slack. */
export function formatPlainSlackMessage(headline: string, { mention }: ConfiguredTexts): JsonObject {
  return { text: createText([[headline]], [], mention) };
}

/**
 * Returns the field `text` of a Slack message with the lines of the first candidate that fits. If no candidate fits,
 * the function omits the end of the last, shortest candidate. The function never omits `lastLines`, which contain the
 * links.
 */
function createText(
  candidates: readonly (readonly string[])[],
  lastLines: readonly string[],
  mention: string | null,
): string {
  const prefix = mention === null ? "" : `${mention} `;
  const end = lastLines
    .map((line) => `\n${escapeAmpersandAndAngleBrackets(disableMarkupByZeroWidthSpaces(line))}`)
    .join("");
  const shortEnd = end.length > MAX_LAST_LINES_CHARACTERS ? "" : end;
  const available = MAX_TEXT_CHARACTERS - prefix.length - shortEnd.length;
  const texts = candidates.map((lines) => lines.map(disableMarkupByZeroWidthSpaces).join("\n"));
  const text =
    texts.find((one) => escapeAmpersandAndAngleBrackets(one).length <= available) ?? texts.at(-1) ?? "";
  return prefix + escaped(text, available) + shortEnd;
}

/** Returns the parts of a message between the headline and the links as lines of plain text. */
function textLinesOf({ statements, causes, notes, facts, texts }: ChatMessage, maxReason: number): string[] {
  return [
    ...statements,
    ...causes.flatMap(({ title, path, reason, hint }) => [
      ...(title === null ? [] : [`▸ ${title}`]),
      ...(path === null ? [] : [path]),
      truncate(reason ?? texts["cause.noReason"], maxReason),
      ...(hint === null ? [] : [`💡 ${hint.advice} ${hint.url ?? ""}`.trim()]),
    ]),
    ...notes,
    facts.map(({ label, value }) => label + texts["fact.separator"] + value).join(" · "),
  ].filter((line) => line !== "");
}

function blocksOf(message: ChatMessage, mention: string | null): KnownBlock[] {
  const { statements, causes, notes, facts, links, texts } = message;
  return [
    { type: "header", text: plainText(message.headline, MAX_HEADER_CHARACTERS) },
    ...(mention === null ? [] : [mentionBlock(mention)]),
    ...(statements.length > 0 ? [linesBlock(statements)] : []),
    ...causes.map((cause) => causeBlock(cause, texts)),
    ...(notes.length > 0 ? [linesBlock(notes)] : []),
    ...(facts.length > 0 ? [factsBlock(facts, texts)] : []),
    ...(links.length > 0 ? [linksBlock(links)] : []),
    footerBlock(message),
  ];
}

const mentionBlock = (mention: string): KnownBlock => ({
  type: "section",
  text: { type: "mrkdwn", text: mention },
});

type Section = RichTextBlock["elements"][number];

const linesBlock = (lines: readonly string[]) => paragraph(normalText(lines.join("\n")));

/** Returns a block of a Slack message with the facts, such as `Started by: Mara · Pipeline: shop`. */
function factsBlock(facts: readonly Fact[], texts: Texts): RichTextBlock {
  const separator = texts["fact.separator"];
  return paragraph(
    ...joined(facts.map(({ label, value }) => [boldText(label + separator), normalText(value)])),
  );
}

/**
 * Returns a block of a Slack message with text links. The service uses no buttons, because a click on a button makes
 * Slack call the Slack app, and most Slack apps do not respond.
 */
function linksBlock(links: readonly Link[]): RichTextBlock {
  return paragraph(...joined(links.map(({ label, url }) => [{ type: "link", url, text: label }])));
}

/** Returns a block of a Slack message with the footer, and with the time in the time zone of the reader. */
function footerBlock({ footer, at }: ChatMessage): RichTextBlock {
  const time: RichTextElement = {
    type: "date",
    timestamp: Math.floor(at / 1000),
    format: "{date_short_pretty} {time}",
    fallback: formatUtc(at),
  };
  return paragraph(...(footer === "" ? [time] : joined([[normalText(footer)], [time]])));
}

const joined = (groups: readonly (readonly RichTextElement[])[]): RichTextElement[] =>
  groups.flatMap((group, index) => (index > 0 ? [normalText(" · "), ...group] : group));

/**
 * Returns a block of a Slack message with the title and the path of a cause, the failure reason as preformatted text,
 * and the hint.
 */
function causeBlock({ title, path, reason, hint }: CauseText, texts: Texts): RichTextBlock {
  const titleElements = [
    ...(title === null ? [] : [boldText(title)]),
    ...(path === null ? [] : [normalText(`\n${path}`)]),
  ];
  const reasonSection: Section =
    reason === null
      ? section({ type: "text", text: texts["cause.noReason"], style: { italic: true } })
      : { type: "rich_text_preformatted", elements: [{ type: "text", text: reason }] };
  return block(
    ...(titleElements.length === 0 ? [] : [section(...titleElements)]),
    reasonSection,
    ...(hint === null ? [] : [section(...hintElements(hint, texts))]),
  );
}

function hintElements({ advice, url }: Hint, texts: Texts): RichTextElement[] {
  return url === null
    ? [normalText(`💡 ${advice}`)]
    : [normalText(`💡 ${advice} `), { type: "link", url, text: texts.readMore }];
}

/**
 * Creates a rich text block. No other Slack block shows bold text and code without interpreting characters of the text
 * as markup.
 */
const block = (...elements: Section[]): RichTextBlock => ({ type: "rich_text", elements });
const paragraph = (...elements: RichTextElement[]) => block(section(...elements));
const section = (...elements: RichTextElement[]): Section => ({ type: "rich_text_section", elements });
const normalText = (text: string): RichTextElement => ({ type: "text", text });
const boldText = (text: string): RichTextElement => ({ type: "text", text, style: { bold: true } });

/**
 * Creates a plain text element of a Slack message. Plain text in Slack has no markup except entities such as `&amp;`.
 * With `emoji: false`, Slack does not replace `:name:` by an emoji.
 */
function plainText(text: string, maxCharacters: number): PlainTextElement {
  return { type: "plain_text", text: escaped(text, maxCharacters), emoji: false };
}

/**
 * Truncates and escapes a text. The text is truncated before it is escaped, so that no entity such as `&amp;` is split.
 * https://docs.slack.dev/messaging/formatting-message-text/#escaping
 */
function escaped(text: string, maxCharacters: number): string {
  return escapeAmpersandAndAngleBrackets(
    truncate(text, maxCharacters, (part) => escapeAmpersandAndAngleBrackets(part).length),
  );
}

/** Returns true if the number and the size of the blocks in a message are within the limits of Slack. */
export function isSlackMessageWithinLimits({ blocks }: JsonObject): boolean {
  return (
    Array.isArray(blocks) &&
    blocks.length <= MAX_BLOCKS &&
    JSON.stringify(blocks).length <= MAX_BLOCKS_CHARACTERS
  );
}
