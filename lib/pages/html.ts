import { escapeHtml } from "../domain/plain-text.ts";

/** Markup that is well-formed. Only the tag `html` makes it, so text never becomes markup by accident. */
export class Html {
  readonly #markup: string;

  constructor(strings: readonly string[], values: readonly Part[]) {
    this.#markup = strings.reduce((sum, string, index) => sum + render(values[index - 1]) + string);
  }

  toString(): string {
    return this.#markup;
  }
}

/** A value of a template. Text is escaped, a list is joined. Null, undefined and false render nothing. */
export type Part = Html | string | number | null | undefined | false | readonly Part[];

/** A template tag. It escapes values for text and for quoted attributes. Always quote attributes. */
export function html(strings: TemplateStringsArray, ...values: readonly Part[]): Html {
  return new Html(strings, values);
}

function render(part: Part): string {
  if (part === null || part === undefined || part === false) return "";
  if (part instanceof Html) return part.toString();
  if (typeof part === "object") return part.map(render).join("");
  return escapeHtml(withVisibleControls(String(part)));
}

/** Control characters would vanish or break the page. Their pictures (U+2400 block) replace them. */
function withVisibleControls(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/g, (control) =>
      String.fromCharCode(control === "\x7f" ? 0x2421 : 0x2400 + control.charCodeAt(0)),
    )
    .toWellFormed();
}

/** Short untrusted text. It cannot change the reading direction of the text around it. */
export function bdiElement(text: string): Html {
  return html`<bdi>${text}</bdi>`;
}

/** A `CamelCase` name that may wrap between its parts. */
export function wrappableName(name: string): Html {
  const parts = name.split(/(?<=[a-z])(?=[A-Z])/);
  return html`<bdi>${parts.map((part, index) => html`${index > 0 && html`<wbr>`}${part}`)}</bdi>`;
}

/** Returns the normalized http or https URL. Returns null for any other text, for example for `javascript:`. */
export function normalizeWebUrl(text: string | null | undefined): string | null {
  const url = text ? URL.parse(text) : null;
  return url?.protocol === "https:" || url?.protocol === "http:" ? url.href : null;
}

/** A link to another site. That site does not learn the URL of this page, which may contain a key. */
export function externalLink(url: string, label: string): Html {
  return html`<a href="${url}" rel="noreferrer noopener">${bdiElement(label)}</a>`;
}

const WEB_URL = /https?:\/\/[^\s<>"']+/g;
const FINAL_PUNCTUATION = /[.,;:!?)\]]+$/;

/** Text whose http and https URLs are links. */
export function linkUrls(text: string): Html {
  const parts: Html[] = [];
  let end = 0;
  for (const match of text.matchAll(WEB_URL)) {
    const address = match[0].replace(FINAL_PUNCTUATION, "");
    const url = normalizeWebUrl(address);
    if (url === null) continue;
    parts.push(html`${text.slice(end, match.index)}${externalLink(url, address)}`);
    end = match.index + address.length;
  }
  return html`${parts}${text.slice(end)}`;
}
