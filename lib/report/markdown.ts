import type { Shortened } from "./shorten.ts";

/** How one chat writes what all of them say. `text` makes foreign text inert. */
export interface Dialect {
  readonly text: (text: string) => string;
  readonly bold: (inert: string) => string;
  /** The cloud's own words, several lines perhaps. */
  readonly quote: (foreign: string) => string;
  readonly link: (label: string, url: string) => string;
  /** What stands between paragraphs. */
  readonly paragraph: string;
}

/** Everything below the headline, in the order it is read. */
export function markdownBody(content: Shortened, dialect: Dialect): string {
  const { facts, summary, details, more, notes, links, footer } = content;
  const { text, bold, quote, link, paragraph } = dialect;
  return [
    facts.map((fact) => `${bold(fact.label)} ${text(fact.text)}`).join(" · "),
    summary === null ? "" : bold(text(summary)),
    ...details.flatMap(({ path, reason, hint }) => [
      bold(text(path)),
      reason === null ? text("(the cloud gave no reason)") : quote(reason),
      hint === null ? "" : `💡 ${hint}`,
    ]),
    more ?? "",
    ...notes.map((note) => `⚠️ ${text(note)}`),
    links.map(({ label, url }) => link(label, url)).join(" · "),
    text(footer),
  ]
    .filter((part) => part !== "")
    .join(paragraph);
}

const ZERO_WIDTH_SPACE = "\u200b";

/**
 * For chats that know no escape: a character without width behind each one that could begin markup, a mention, a tag or a link.
 * It is not seen, and what follows is no longer what the chat looks for.
 */
export function interrupted(text: string): string {
  return text
    .replace(/[<>@*`~[\]!()]/g, (character) => character + ZERO_WIDTH_SPACE)
    .replace(/:\/\//g, `:${ZERO_WIDTH_SPACE}//`)
    .replace(/^(\s*)([#>+\-_=|]|\d+\.)/gm, `$1${ZERO_WIDTH_SPACE}$2`);
}
