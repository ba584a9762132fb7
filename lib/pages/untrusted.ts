import { type Html, html } from "./html.ts";

const WEB_URL = /https?:\/\/[^\s<>"']+/g;
const TRAILING_PUNCTUATION = /[.,;:!?)\]]+$/;

/** A short text that others wrote, kept from turning the reading direction of what stands around it. */
export function foreign(text: string): Html {
  return html`<bdi>${text}</bdi>`;
}

/** A `CamelCase` name that wraps between its words before it wraps within one. */
export function foreignName(name: string): Html {
  const words = name.split(/(?<=[a-z])(?=[A-Z])/);
  return html`<bdi>${words.map((word, index) => html`${index > 0 && html`<wbr>`}${word}`)}</bdi>`;
}

/** The URL if a browser would open it as http or https; null for `javascript:` and everything else. */
export function webUrl(text: string | null | undefined): string | null {
  if (!text || !URL.canParse(text)) return null;
  const url = new URL(text);
  return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
}

/** A link to elsewhere, which learns neither where its reader came from nor the page it was opened by. */
export function outwardLink(url: string, label: string): Html {
  return html`<a href="${url}" rel="noreferrer noopener">${foreign(label)}</a>`;
}

/** Text in which http and https addresses can be clicked. */
export function withLinks(text: string): Html {
  const parts: Html[] = [];
  let end = 0;
  for (const match of text.matchAll(WEB_URL)) {
    const address = match[0].replace(TRAILING_PUNCTUATION, "");
    const url = webUrl(address);
    if (url === null) continue;
    parts.push(html`${text.slice(end, match.index)}${outwardLink(url, address)}`);
    end = match.index + address.length;
  }
  return html`${parts}${text.slice(end)}`;
}
