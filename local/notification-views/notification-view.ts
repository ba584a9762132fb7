import { parseJson } from "../../lib/domain/json.ts";
import { type Html, html } from "../../lib/pages/html.ts";
import { renderFeishu, renderTeams } from "./cards.ts";
import { renderDingtalk, renderDiscord, renderWecom } from "./markdown-chats.ts";
import { renderSlack } from "./slack.ts";
import { renderWebhook, type SignatureCheck } from "./webhook.ts";

const CHATS: Readonly<Record<string, (body: unknown) => Html | null>> = {
  slack: renderSlack,
  teams: renderTeams,
  discord: renderDiscord,
  feishu: renderFeishu,
  dingtalk: renderDingtalk,
  wecom: renderWecom,
};

/** A notification as a receiver gets it. */
export interface ReceivedMessage {
  readonly channel: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signature: SignatureCheck;
}

/**
 * Renders a notification as its reader sees it: a message as in the chat, or a webhook event with headers, signature and
 * fields. A body in an unknown form is shown as text.
 */
export function renderNotificationView({ channel, body, headers, signature }: ReceivedMessage): Html {
  const json = parseJson(body);
  if (channel === "webhook" && json !== undefined) return renderWebhook(json, headers, signature);
  const render = Object.hasOwn(CHATS, channel) ? CHATS[channel] : undefined;
  return render?.(json) ?? html`<pre class="raw">${body}</pre>`;
}
