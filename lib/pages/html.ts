import { escapeHtml, removeTerminalColours } from "../domain/clean-text.ts";

/**
 * HTML in which all text is escaped. Only the template tag `html` can add text to HTML, and the tag escapes the text.
 */
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
 * A value that a template with the tag `html` may contain. The tag `html` escapes text and joins the elements of
 * arrays. For null, undefined and false, the tag `html` adds nothing.
 */
export type Part = Html | string | number | null | undefined | false | readonly Part[];

/** Creates HTML from a template literal. In the template, the values of HTML attributes must be in quotes. */
export function html(strings: TemplateStringsArray, ...values: readonly Part[]): Html {
  return new Html(strings, values);
}

function render(part: Part): string {
  if (part === null || part === undefined || part === false) return "";
  if (part instanceof Html) return part.toString();
  if (typeof part === "object") return part.map(render).join("");
  return escapeHtml(withVisibleControls(String(part)));
}

/** Replaces each control character by a visible symbol (Unicode from U+2400). */
function withVisibleControls(text: string): string {
  return removeTerminalColours(text)
    .replace(/\r\n?/g, "\n")
    .replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/g, (control) =>
      String.fromCharCode(control === "\x7f" ? 0x2421 : 0x2400 + control.charCodeAt(0)),
    )
    .toWellFormed();
}

/**
 * Puts untrusted text into the element `<bdi>`. In `<bdi>`, the text cannot change the reading direction of other text.
 */
export function renderBdiElement(text: string): Html {
  return html`<bdi>${text}</bdi>`;
}

/**
 * Renders a name in `CamelCase`. The browser may break the line between two words of the name, as between `Create` and
 * `Cluster`.
 */
export function renderCamelCaseNameWithLineBreaks(name: string): Html {
  const parts = name.split(/(?<=[a-z])(?=[A-Z])/);
  return html`<bdi>${parts.map((part, index) => html`${index > 0 && html`<wbr>`}${part}`)}</bdi>`;
}

/**
 * Returns the standard form of an http or https URL. For any other text, for example `javascript:…`, the result is
 * null.
 */
export function normalizeHttpUrl(text: string | null | undefined): string | null {
  const url = text ? URL.parse(text) : null;
  return url?.protocol === "https:" || url?.protocol === "http:" ? url.href : null;
}

/**
 * Renders a link to another website. The other website does not see the URL of the page, which may contain a link key.
 */
export function renderExternalLinkWithoutReferrer(url: string, label: string): Html {
  return html`<a href="${url}" rel="noreferrer noopener">${renderBdiElement(label)}</a>`;
}

const WEB_URL = /https?:\/\/[^\s<>"']+/g;
const FINAL_PUNCTUATION = /(?<![.,;:!?)\]])[.,;:!?)\]]+$/;

/** Renders text, and makes links from its http and https URLs. */
export function renderTextWithLinks(text: string): Html {
  const parts: Html[] = [];
  let end = 0;
  for (const match of text.matchAll(WEB_URL)) {
    const address = match[0].replace(FINAL_PUNCTUATION, "");
    const url = normalizeHttpUrl(address);
    if (url === null) continue;
    parts.push(html`${text.slice(end, match.index)}${renderExternalLinkWithoutReferrer(url, address)}`);
    end = match.index + address.length;
  }
  return html`${parts}${text.slice(end)}`;
}
