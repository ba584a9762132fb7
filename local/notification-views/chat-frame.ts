import { formatUtc, toIsoOrNull } from "../../lib/domain/time-text.ts";
import { type Html, html, normalizeHttpUrl, type Part } from "../../lib/pages/html.ts";

/** The chats whose messages the page can show. */
type ChatName = "slack" | "teams" | "discord" | "feishu" | "dingtalk" | "wecom";

/** Renders a chat message as HTML: the picture and the name of the sender, and the content. */
export function renderChatFrame(chat: ChatName, sender: string, badge: Part, content: Part): Html {
  return html`<div class="chat ${chat}"><div class="avatar" aria-hidden="true">☸</div>
<div class="message"><p class="sender"><b>${sender}</b> ${badge}</p>${content}</div></div>`;
}

/** Only an http or https URL becomes a link. */
export function renderLink(url: string, label: Part): Html {
  const href = normalizeHttpUrl(url);
  return href === null
    ? html`${label}`
    : html`<a href="${href}" rel="noreferrer noopener" target="_blank">${label}</a>`;
}

/** The script of the page replaces each time by the time in the reader's time zone. */
export function renderChatTime(at: number): Html {
  const iso = toIsoOrNull(at);
  return iso === null ? html`` : html`<time datetime="${iso}">${formatUtc(at)}</time>`;
}

/** Replaces the codes `&lt;`, `&gt;` and `&amp;` by their characters. */
export function unescapeTags(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}
