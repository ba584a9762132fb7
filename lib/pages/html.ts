import { escapeHtml, removeTerminalColours } from "../domain/clean-text.ts";

/** Safe HTML markup. Text can be added only through the tag `html`, which escapes the text. */
export class Html {
  readonly #markup: string;

  constructor(strings: readonly string[], values: readonly Part[]) {
    this.#markup = strings.reduce((sum, string, index) => sum + render(values[index - 1]) + string);
  }

  toString(): string {
    return this.#markup;
  }
}

/**
 * A value in an `html` template. Text is escaped, and arrays are joined. The values null, undefined and false add no
 * text.
 */
export type Part = Html | string | number | null | undefined | false | readonly Part[];

/** Creates HTML from a template. Attributes in the template must have quotes. */
export function html(strings: TemplateStringsArray, ...values: readonly Part[]): Html {
  return new Html(strings, values);
}

function render(part: Part): string {
  if (part === null || part === undefined || part === false) return "";
  if (part instanceof Html) return part.toString();
  if (typeof part === "object") return part.map(render).join("");
  return escapeHtml(withVisibleControls(String(part)));
}

/** Replaces control characters by visible symbols (Unicode from U+2400). */
function withVisibleControls(text: string): string {
  return removeTerminalColours(text)
    .replace(/\r\n?/g, "\n")
    .replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/g, (control) =>
      String.fromCharCode(control === "\x7f" ? 0x2421 : 0x2400 + control.charCodeAt(0)),
    )
    .toWellFormed();
}

/** Puts untrusted text into `<bdi>`, so that it cannot change the reading direction of other text. */
export function renderBdiElement(text: string): Html {
  return html`<bdi>${text}</bdi>`;
}

/** Renders a `CamelCase` name. The browser may break the line between the words of the name. */
export function renderCamelCaseNameWithLineBreaks(name: string): Html {
  const parts = name.split(/(?<=[a-z])(?=[A-Z])/);
  return html`<bdi>${parts.map((part, index) => html`${index > 0 && html`<wbr>`}${part}`)}</bdi>`;
}

/** Returns a normalized http or https URL. For any other text, such as a `javascript:` URL, the result is null. */
export function normalizeHttpUrl(text: string | null | undefined): string | null {
  const url = text ? URL.parse(text) : null;
  return url?.protocol === "https:" || url?.protocol === "http:" ? url.href : null;
}

/** Renders a link to another website. The website does not get the URL of the page, which may contain a key. */
export function renderExternalLink(url: string, label: string): Html {
  return html`<a href="${url}" rel="noreferrer noopener">${renderBdiElement(label)}</a>`;
}

const WEB_URL = /https?:\/\/[^\s<>"']+/g;
const FINAL_PUNCTUATION = /(?<![.,;:!?)\]])[.,;:!?)\]]+$/;

/** Renders text. The http and https URLs in the text become links. */
export function renderTextWithLinks(text: string): Html {
  const parts: Html[] = [];
  let end = 0;
  for (const match of text.matchAll(WEB_URL)) {
    const address = match[0].replace(FINAL_PUNCTUATION, "");
    const url = normalizeHttpUrl(address);
    if (url === null) continue;
    parts.push(html`${text.slice(end, match.index)}${renderExternalLink(url, address)}`);
    end = match.index + address.length;
  }
  return html`${parts}${text.slice(end)}`;
}
