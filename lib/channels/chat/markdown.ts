import type { Instant } from "../../domain/job.ts";
import { formatUtc } from "../../domain/time-text.ts";
import { type CauseText, type ChatMessage, joinFooterAndTime } from "./chat-message.ts";

/** Functions that format texts in the Markdown of one channel. */
export interface MarkdownStyle {
  /** Escapes a text. The escaped text contains no markup and no mention. */
  readonly escapeText: (text: string) => string;
  /** Formats a failure reason as a quotation or as code. */
  readonly quote: (reason: string) => string;
  /** Formats the footer line in smaller or paler letters. */
  readonly formatFooter: (line: string) => string;
  /** Formats a time for a message. Some chats show the time in the reader's time zone. */
  readonly formatTime: (at: Instant) => string;
}

/** Converts a message without its headline to paragraphs in Markdown. */
export function renderMarkdownWithoutHeadline(message: ChatMessage, style: MarkdownStyle): string[] {
  const { escapeText } = style;
  const facts = message.facts.map(
    ({ label, value }) => `**${escapeText(label)}**${message.texts["fact.separator"]}${escapeText(value)}`,
  );
  const links = message.links.map(({ label, url }) => `[${escapeText(label)}](${url})`);
  return [
    ...message.statements.map(escapeText),
    ...message.causes.flatMap((cause) => causeParagraphs(cause, message, style)),
    ...message.notes.map(escapeText),
    ...(facts.length > 0 ? [facts.join(" · ")] : []),
    ...(links.length > 0 ? [links.join(" · ")] : []),
    style.formatFooter(joinFooterAndTime(escapeText(message.footer), style.formatTime(message.at))),
  ];
}

function causeParagraphs(
  { title, path, reason, hint }: CauseText,
  { texts }: ChatMessage,
  { escapeText, quote }: MarkdownStyle,
): string[] {
  const link = hint === null || hint.url === null ? "" : ` [${texts.readMore}](${hint.url})`;
  return [
    ...(title === null ? [] : [`**${escapeText(title)}**`]),
    ...(path === null ? [] : [escapeText(path)]),
    reason === null ? texts["cause.noReason"] : quote(reason),
    ...(hint === null ? [] : [`💡 ${escapeText(hint.advice)}${link}`]),
  ];
}

/** An invisible Unicode character (ZERO WIDTH SPACE). */
export const ZERO_WIDTH_SPACE = "\u200b";

/**
 * Disables Markdown in a text, for a chat without an escape character. The function inserts an invisible character
 * where markup or a mention could start.
 */
export function disableMarkupByZeroWidthSpaces(text: string): string {
  return text
    .replace(/[<@[\]!*`]/g, (character) => character + ZERO_WIDTH_SPACE)
    .replace(/^([^\S\r\n\u2028\u2029]*)(?=[#>+=|-]|\d+\.)/gm, `$1${ZERO_WIDTH_SPACE}`);
}

/**
 * Returns the functions that write Markdown for a chat whose Markdown has no escape character. `lineEnd` is the
 * Markdown for a line break inside a paragraph.
 */
export const createMarkdownStyleWithoutEscapes = (
  lineEnd: string,
  formatFooter: MarkdownStyle["formatFooter"],
): MarkdownStyle => ({
  escapeText: disableMarkupByZeroWidthSpaces,
  quote: (reason) => quoteLines(reason).join(lineEnd),
  formatFooter,
  formatTime: formatUtc,
});

const quoteLines = (text: string) =>
  text.split("\n").map((line) => `> ${disableMarkupByZeroWidthSpaces(line)}`);
