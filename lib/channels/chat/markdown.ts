import type { Instant } from "../../domain/job.ts";
import { formatUtc } from "../../domain/time-text.ts";
import { type CauseText, type ChatMessage, joinFooterAndTime } from "./chat-message.ts";

/** The functions that a channel needs to write untrusted text in Markdown. */
export interface MarkdownStyle {
  /** Escapes a text so that the text contains no markup and no mention. */
  readonly escapeText: (text: string) => string;
  /** Formats the failure reason as a quotation or as code. A failure reason may have several lines. */
  readonly quote: (reason: string) => string;
  /** Formats the line with the project, the region, the job ID and the time smaller or paler than the other lines. */
  readonly formatFooter: (line: string) => string;
  /** Formats a time. A chat that knows the time zone of its reader has its own format for times. */
  readonly formatTime: (at: Instant) => string;
}

/**
 * Converts all parts of a message except the headline to Markdown. Returns one string for each paragraph of the
 * message.
 */
export function renderMarkdownBody(message: ChatMessage, style: MarkdownStyle): string[] {
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

/** The Unicode character ZERO WIDTH SPACE is invisible. */
export const ZERO_WIDTH_SPACE = "\u200b";

/**
 * Disables Markdown in a text for a chat that has no escape character. Inserts an invisible character wherever the text
 * could start a mention, a tag, a link, an image, code, bold text, a heading, a quotation or a list.
 */
export function disableMarkup(text: string): string {
  return text
    .replace(/[<@[\]!*`]/g, (character) => character + ZERO_WIDTH_SPACE)
    .replace(/^([^\S\r\n\u2028\u2029]*)(?=[#>+=|-]|\d+\.)/gm, `$1${ZERO_WIDTH_SPACE}`);
}

/**
 * Returns the functions for a chat whose Markdown has no escape character. `lineEnd` is the text of a line break inside
 * a paragraph.
 */
export const createStyleWithoutEscapes = (
  lineEnd: string,
  formatFooter: MarkdownStyle["formatFooter"],
): MarkdownStyle => ({
  escapeText: disableMarkup,
  quote: (reason) => quoteLines(reason).join(lineEnd),
  formatFooter,
  formatTime: formatUtc,
});

const quoteLines = (text: string) => text.split("\n").map((line) => `> ${disableMarkup(line)}`);
