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
 * The maximum JSON length of all blocks in a Slack message. Slack does not document the maximum length of a message.
 * For longer blocks, Slack returns `invalid_blocks` or `msg_blocks_too_long`.
 */
const MAX_BLOCKS_CHARACTERS = 12_000;

/** https://docs.slack.dev/reference/block-kit/blocks and https://docs.slack.dev/reference/methods/chat.postMessage */
const MAX_TEXT_CHARACTERS = 4_000;
const MAX_LAST_LINES_CHARACTERS = 2_000;
const MAX_HEADER_CHARACTERS = 150;
/**
 * The maximum lengths of a failure reason in the field `text`. The function tries the maximum lengths from large to
 * small, until all causes fit.
 */
const REASON_CHARACTERS = [4_000, 1_000, 500, 300, 100];

/**
 * Formats a message for an incoming webhook of Slack. Untrusted text is in blocks without markup. Slack shows the field
 * `text` only in previews of the message. Mattermost, Rocket.Chat and Slack workflows show only `text`, so `text` also
 * contains the whole message.
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
 * Returns the field `text` of a message: the first of `candidates` that is not too long. If all candidates are too
 * long, the function truncates the last candidate. The function never truncates `lastLines`, because they contain the
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

/** Returns everything between the headline and the links as lines of plain text. */
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

/** Returns a block with the facts as one line, such as `Started by: Mara · Pipeline: shop`. */
function factsBlock(facts: readonly Fact[], texts: Texts): RichTextBlock {
  const separator = texts["fact.separator"];
  return paragraph(
    ...joined(facts.map(({ label, value }) => [boldText(label + separator), normalText(value)])),
  );
}

/**
 * Returns a block of a Slack message with text links. The block contains no buttons, because Slack sends each click on
 * a button to an app. The service has no app in Slack.
 */
function linksBlock(links: readonly Link[]): RichTextBlock {
  return paragraph(...joined(links.map(({ label, url }) => [{ type: "link", url, text: label }])));
}

/** Returns a block with the footer and the time. Slack shows the time in the reader's time zone. */
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

/** Formats a cause as one block, with the failure reason as preformatted text. */
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

/** Creates a block of the type `rich_text`. All other types of blocks with bold text or code also interpret markup. */
const block = (...elements: Section[]): RichTextBlock => ({ type: "rich_text", elements });
const paragraph = (...elements: RichTextElement[]) => block(section(...elements));
const section = (...elements: RichTextElement[]): Section => ({ type: "rich_text_section", elements });
const normalText = (text: string): RichTextElement => ({ type: "text", text });
const boldText = (text: string): RichTextElement => ({ type: "text", text, style: { bold: true } });

/**
 * Creates a plain text element of a Slack message. In plain text, Slack interprets only entities such as `&amp;`. With
 * `emoji: false`, `:name:` does not become an emoji.
 */
function plainText(text: string, maxCharacters: number): PlainTextElement {
  return { type: "plain_text", text: escaped(text, maxCharacters), emoji: false };
}

/**
 * Truncates and escapes a text. The function truncates first, because it must not split an entity such as `&amp;`.
 * https://docs.slack.dev/messaging/formatting-message-text/#escaping
 */
function escaped(text: string, maxCharacters: number): string {
  return escapeAmpersandAndAngleBrackets(
    truncate(text, maxCharacters, (part) => escapeAmpersandAndAngleBrackets(part).length),
  );
}

/** Returns true if Slack accepts the number and the size of the blocks. */
export function isSlackMessageWithinLimits({ blocks }: JsonObject): boolean {
  return (
    Array.isArray(blocks) &&
    blocks.length <= MAX_BLOCKS &&
    JSON.stringify(blocks).length <= MAX_BLOCKS_CHARACTERS
  );
}
