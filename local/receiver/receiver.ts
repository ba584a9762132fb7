import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { type Html, html } from "../../lib/pages/html.ts";
import { channelName, renderNotificationView } from "../notification-views/notification-view.ts";
import { renderNotificationsPage } from "../notification-views/notifications-page.ts";
import { checkWebhookSignature } from "../notification-views/webhook.ts";
import { listenLocally } from "../servers/local-server.ts";
import { Behaviour, Behaviours } from "./behaviour.ts";
import { NotificationStore, type ReceivedNotification } from "./notification-store.ts";

const MAX_WAIT_MS = 60_000;

export interface Receiver {
  /**
   * The origin (scheme, host and port) of the receiver's URL. The first segment of a request path is the kind of
   * channel, for example `/slack/…`, `/webhook/…`.
   */
  readonly url: string;
  readonly notifications: NotificationStore;
  stop(): Promise<void>;
}

interface State {
  readonly webhookSecrets: readonly string[];
  readonly notifications: NotificationStore;
  readonly behaviours: Behaviours;
}

/**
 * Starts a local HTTP server that receives notifications in place of chats and webhooks. The service sends
 * notifications to paths such as `POST /slack/NAME`. `GET /notifications?channel=slack&count=3&wait=10` waits until
 * three notifications to Slack have arrived, but at most 10 s. The response contains all notifications to Slack.
 * `DELETE /notifications` deletes all notifications. `PUT /behaviour` changes how the receiver responds to
 * notifications. `GET /` returns a page that shows each notification in the same way as the chat does. The page gets
 * new notifications from `GET /stream`.
 * @param options.webhookSecrets the secrets with which the receiver checks the signatures of webhook events
 */
export async function startReceiver(
  port = 0,
  { webhookSecrets = [] }: { readonly webhookSecrets?: readonly string[] } = {},
): Promise<Receiver> {
  const state: State = {
    webhookSecrets,
    notifications: new NotificationStore(),
    behaviours: new Behaviours(),
  };
  const server = createServer((request, response) => {
    handle(request, response, state).catch((error: unknown) => {
      response.writeHead(400, { "content-type": "text/plain" }).end(String(error));
    });
  });
  const { url, stop } = await listenLocally(server, port);
  return { url, notifications: state.notifications, stop };
}

async function handle(request: IncomingMessage, response: ServerResponse, state: State): Promise<void> {
  const { notifications, behaviours } = state;
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://receiver");
  const [, firstSegment = ""] = pathname.split("/");
  switch (`${request.method} /${firstSegment}`) {
    case "GET /":
      response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
      response.end(receiverPage(notifications.list(null)));
      return;
    case "GET /stream":
      streamNotifications(request, response, Number(searchParams.get("after") ?? 0), notifications);
      return;
    case "GET /notifications": {
      const found = await notifications.waitFor({
        channel: searchParams.get("channel"),
        count: Number(searchParams.get("count") ?? 0),
        waitMs: Math.min(MAX_WAIT_MS, Number(searchParams.get("wait") ?? 0) * 1000),
      });
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ notifications: found }));
      return;
    }
    case "DELETE /notifications":
      notifications.clear();
      response.writeHead(204).end();
      return;
    case "PUT /behaviour":
      behaviours.set(Behaviour.parse(JSON.parse(await text(request))));
      response.writeHead(204).end();
      return;
    default:
  }
  if (request.method !== "POST") {
    response.writeHead(405).end();
    return;
  }
  const body = await text(request);
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  );
  const now = Date.now();
  const reply = behaviours.reply(firstSegment, now);
  notifications.add({
    at: new Date(now).toISOString(),
    channel: firstSegment,
    path: pathname,
    headers,
    body,
    status: reply?.status ?? null,
    signature: firstSegment === "webhook" ? checkWebhookSignature(headers, body, state.webhookSecrets) : null,
  });
  if (reply !== null) response.writeHead(reply.status, reply.headers).end(reply.body);
}

/**
 * Sends notifications as HTML in server-sent events, starting after the notification with the number `after`. If the
 * connection is lost, the browser connects again and sends the number of its last event.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
function streamNotifications(
  request: IncomingMessage,
  response: ServerResponse,
  after: number,
  notifications: NotificationStore,
): void {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  const send = (notification: ReceivedNotification) => {
    const data = notificationItem(notification).toString().replaceAll("\n", "\ndata: ");
    response.write(`event: notification\nid: ${notification.number}\ndata: ${data}\n\n`);
  };
  const last = Number(request.headers["last-event-id"] ?? after);
  for (const notification of notifications.list(null)) if (notification.number > last) send(notification);
  response.on("close", notifications.subscribe(send));
}

/** Returns the HTML of a page with the received notifications, newest first. */
function receiverPage(notifications: readonly ReceivedNotification[]): string {
  const count = notifications.length;
  return renderNotificationsPage({
    title: `${count} ${count === 1 ? "notification" : "notifications"}`,
    items: notifications.toReversed().map(notificationItem),
    stream: `/stream?after=${notifications.at(-1)?.number ?? 0}`,
  });
}

function notificationItem(notification: ReceivedNotification): Html {
  const { number, at, channel, path, status } = notification;
  const response = status === null ? "no response" : `HTTP ${status}`;
  const target = path.split("/").slice(2).join("/");
  return html`<article><h2>${channelName(channel)} ${target} <small>#${number} · <time datetime="${at}">${at}</time> · ${response}</small></h2>
${renderNotificationView(notification)}</article>`;
}
