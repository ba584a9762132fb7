import type { ChatMessage, FailureText } from "./chat-message.ts";
import { NO_REASON, READ_MORE } from "./chat-message.ts";

/** How a chat with Markdown writes untrusted text. */
export interface MarkdownStyle {
  /** Escapes text so that it contains no markup and no mention. */
  readonly escapeText: (text: string) => string;
  /** Shows the cloud's reason, which may have several lines. */
  readonly quote: (reason: string) => string;
}

/** Renders everything below the headline. Returns one paragraph per entry. */
export function renderMarkdownParagraphs(message: ChatMessage, style: MarkdownStyle): string[] {
  const { escapeText } = style;
  const facts = message.facts.map(({ label, value }) => `**${escapeText(label)}:** ${escapeText(value)}`);
  const links = message.links.map(({ label, url }) => `[${escapeText(label)}](${url})`);
  return [
    ...(facts.length > 0 ? [facts.join(" · ")] : []),
    ...message.summary.map((line) => `**${escapeText(line)}**`),
    ...message.failures.flatMap((failure) => failureParagraphs(failure, style)),
    ...message.notes.map(escapeText),
    ...(links.length > 0 ? [links.join(" · ")] : []),
    escapeText(message.footer),
  ];
}

function failureParagraphs(
  { title, reason, hint }: FailureText,
  { escapeText, quote }: MarkdownStyle,
): string[] {
  const link = hint === null || hint.url === null ? "" : ` [${READ_MORE}](${hint.url})`;
  return [
    ...(title === null ? [] : [`**${escapeText(title)}**`]),
    reason === null ? NO_REASON : quote(reason),
    ...(hint === null ? [] : [`💡 ${escapeText(hint.advice)}${link}`]),
  ];
}

/** An invisible character without width. */
export const ZERO_WIDTH_SPACE = "\u200b";

/**
 * Makes text inert for a chat whose Markdown has no escape character. An invisible character separates the parts of
 * everything that could start a mention, a tag, a link, an image, code, bold text, a heading, a quotation or a list.
 */
export function disableMarkup(text: string): string {
  return text
    .replace(/[<@[\]!*`]/g, (character) => character + ZERO_WIDTH_SPACE)
    .replace(/^(\s*)(?=[#>+=|-]|\d+\.)/gm, `$1${ZERO_WIDTH_SPACE}`);
}

/** The style of a chat whose Markdown has no escape character. `lineEnd` is its line break inside a paragraph. */
export const createStyleWithoutEscapes = (lineEnd: string): MarkdownStyle => ({
  escapeText: disableMarkup,
  quote: (reason) => quoteLines(reason).join(lineEnd),
});

const quoteLines = (text: string) => text.split("\n").map((line) => `> ${disableMarkup(line)}`);
