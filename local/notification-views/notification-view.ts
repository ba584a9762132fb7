import { parseJsonOrUndefined } from "../../lib/domain/json.ts";
import { type Html, html } from "../../lib/pages/html.ts";
import { renderFeishu, renderTeams } from "./cards.ts";
import { renderDingtalk, renderDiscord, renderWecom } from "./markdown-chats.ts";
import { renderSlack } from "./slack.ts";
import { renderWebhook, type SignatureCheck } from "./webhook.ts";

interface Chat {
  /** The name of the chat product, such as `Slack`. */
  readonly name: string;
  readonly render: (body: unknown) => Html | null;
}

const CHATS: ReadonlyMap<string, Chat> = new Map([
  ["slack", { name: "Slack", render: renderSlack }],
  ["teams", { name: "Teams", render: renderTeams }],
  ["discord", { name: "Discord", render: renderDiscord }],
  ["feishu", { name: "Feishu", render: renderFeishu }],
  ["dingtalk", { name: "DingTalk", render: renderDingtalk }],
  ["wecom", { name: "WeCom", render: renderWecom }],
]);

/** Returns the readable name of a channel, such as `Slack` for `slack`. */
export function channelName(channel: string): string {
  return channel === "webhook" ? "Webhook" : (CHATS.get(channel)?.name ?? channel);
}

export interface ReceivedMessage {
  readonly channel: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signature: SignatureCheck;
}

/**
 * Renders a notification as HTML, as its reader sees it. A chat message is rendered in the same way as the chat shows
 * the message. A webhook event appears with its headers, its signature check and its fields. If the body of a
 * notification has an unknown format, the body is shown as text.
 */
export function renderNotificationView({ channel, body, headers, signature }: ReceivedMessage): Html {
  const json = parseJsonOrUndefined(body);
  if (channel === "webhook" && json !== undefined) return renderWebhook(json, headers, signature);
  return CHATS.get(channel)?.render(json) ?? html`<pre class="raw">${body}</pre>`;
}
