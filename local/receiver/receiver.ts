import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { parseJson } from "../../lib/domain/json.ts";
import { escapeHtml } from "../../lib/domain/plain-text.ts";
import { listenLocally } from "../servers/local-server.ts";
import { Behaviour, Behaviours } from "./behaviour.ts";
import { NotificationStore, type ReceivedNotification } from "./notification-store.ts";

const MAX_WAIT_MS = 60_000;

export interface Receiver {
  /** The origin. The first segment of a request path is the kind of channel, for example `/slack/…`, `/webhook/…`. */
  readonly url: string;
  readonly notifications: NotificationStore;
  stop(): Promise<void>;
}

interface State {
  readonly notifications: NotificationStore;
  readonly behaviours: Behaviours;
}

/**
 * Starts a local HTTP server that receives notifications, in place of real chats and webhooks. A path such as `POST
 * /slack/NAME` receives a notification. `GET /notifications?channel=slack&count=3&wait=10` returns the received
 * notifications as soon as there are three, or after 10 s. `DELETE /notifications` deletes all received notifications.
 * `PUT /behaviour` changes how the receiver responds to notifications. `GET /` returns a page with the received
 * notifications.
 */
export async function startReceiver(port = 0): Promise<Receiver> {
  const state: State = { notifications: new NotificationStore(), behaviours: new Behaviours() };
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
  });
  if (reply !== null) response.writeHead(reply.status, reply.headers).end(reply.body);
}

/**
 * Returns the HTML of a page with the received notifications, newest first. The browser reloads this page every two
 * seconds.
 */
function receiverPage(notifications: readonly ReceivedNotification[]): string {
  const items = notifications.toReversed().map(({ number, at, channel, status, body }) => {
    const json = parseJson(body);
    const shown = json === undefined ? body : JSON.stringify(json, null, 2);
    const answer = status === null ? "no response" : `HTTP ${status}`;
    return (
      `<article><h2>#${number} ${escapeHtml(channel)} <small>${at}, ${answer}</small></h2>` +
      `<pre>${escapeHtml(shown)}</pre></article>`
    );
  });
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="refresh" content="2">
<meta name="viewport" content="width=device-width">
<title>${notifications.length} notifications</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color-scheme: light dark; }
  pre { overflow-x: auto; padding: 1rem; border: 1px solid; border-radius: .5rem; }
  small { font-weight: normal; }
</style>
<h1>Received notifications</h1>
${items.join("\n") || "<p>None yet.</p>"}
</html>
`;
}
