import { type Html, html } from "../../lib/pages/html.ts";
import { renderChatTime, renderLink } from "./chat-frame.ts";

/** The Markdown features that a chat supports. */
export interface MarkdownRules {
  /** True if the chat supports backslash escapes, such as `\*` for the character `*`. */
  readonly hasEscapes: boolean;
  /**
   * Matches a mention of a person or a group in a chat message. The first capture group of the pattern matches the name
   * that the page displays.
   */
  readonly mention: RegExp;
}

/** Renders the Markdown of a chat: headings, quotations, code blocks, bold text, links, times and mentions. */
export function renderMarkdown(markdown: string, rules: MarkdownRules): Html {
  const parts = markdown.split("```");
  return html`${parts.map((part, index) =>
    index % 2 === 1 ? html`<pre>${part.replace(/^\n|\n$/g, "")}</pre>` : renderLines(part, rules),
  )}`;
}

function renderLines(text: string, rules: MarkdownRules): Html[] {
  const blocks: Html[] = [];
  let quoted: Html[] = [];
  const endQuote = () => {
    if (quoted.length > 0) blocks.push(html`<blockquote>${quoted}</blockquote>`);
    quoted = [];
  };
  for (const line of text.split("\n")) {
    const quote = /^> (.*)$/.exec(line)?.[1];
    if (quote !== undefined) {
      quoted.push(html`<p>${renderInline(quote, rules)}</p>`);
      continue;
    }
    endQuote();
    // DingTalk shows a heading of level 6 in small letters, and Discord shows a line with `-#` in small letters.
    const small = /^(?:#{6}|-#) (.*)$/.exec(line)?.[1];
    const heading = /^#{1,5} (.*)$/.exec(line)?.[1];
    if (small !== undefined) blocks.push(html`<p class="small">${renderInline(small, rules)}</p>`);
    else if (heading !== undefined) blocks.push(html`<h3>${renderInline(heading, rules)}</h3>`);
    else if (line.trim() !== "") blocks.push(html`<p>${renderInline(line, rules)}</p>`);
  }
  endQuote();
  return blocks;
}

const INLINE =
  /(?<escaped>\\[^\sA-Za-z0-9])|\*\*(?<bold>(?:\\.|[^*])+)\*\*|\[(?<label>(?:\\.|[^\]])*)\]\((?<url>[^)\s]+)\)|<t:(?<time>\d+):f>|<font color="(?<color>\w+)">(?<coloured>.*?)<\/font>/g;

function renderInline(text: string, rules: MarkdownRules): Html {
  const parts: Html[] = [];
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    const { escaped, bold, label, url, time, color, coloured } = match.groups ?? {};
    if (escaped !== undefined && !rules.hasEscapes) continue;
    parts.push(renderMentions(text.slice(end, match.index), rules));
    end = match.index + match[0].length;
    if (escaped !== undefined) parts.push(html`${escaped.slice(1)}`);
    else if (bold !== undefined) parts.push(html`<b>${renderInline(bold, rules)}</b>`);
    else if (url !== undefined) parts.push(renderLink(url, renderInline(label ?? "", rules)));
    else if (time !== undefined) parts.push(renderChatTime(Number(time) * 1000));
    else parts.push(html`<span class="font-${color ?? ""}">${renderInline(coloured ?? "", rules)}</span>`);
  }
  return html`${parts}${renderMentions(text.slice(end), rules)}`;
}

function renderMentions(text: string, { mention }: MarkdownRules): Html {
  const parts: Html[] = [];
  let end = 0;
  for (const match of text.matchAll(new RegExp(mention.source, "g"))) {
    parts.push(html`${text.slice(end, match.index)}<span class="mention">@${match[1]}</span>`);
    end = match.index + match[0].length;
  }
  return html`${parts}${text.slice(end)}`;
}
