import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { Behaviour, Behaviours } from "./behaviour.ts";
import { NotificationStore } from "./notification-store.ts";
import { receiverPage } from "./page.ts";

const MAX_WAIT_MS = 60_000;

export interface Receiver {
  /** Its origin; the first segment of a path names the kind of receiver: `/slack/…`, `/webhook/…`. */
  readonly url: string;
  readonly notifications: NotificationStore;
  stop(): Promise<void>;
}

/**
 * Starts a receiver of notifications, in the place of chats and webhooks. `POST /slack/x` and the like take a notification;
 * `GET /notifications?channel=slack&count=3&wait=10` answers what arrived, once there are so many or after so many seconds;
 * `DELETE /notifications` forgets; `PUT /behaviour` makes it misbehave; `GET /` is a page.
 */
export async function startReceiver(port = 0): Promise<Receiver> {
  const notifications = new NotificationStore();
  const behaviours = new Behaviours();
  const server = createServer((request, response) => {
    serve(request, response, notifications, behaviours).catch((error: unknown) => {
      response.writeHead(400, { "content-type": "text/plain" }).end(String(error));
    });
  });
  await new Promise<void>((resolve, reject) =>
    server.once("error", reject).listen(port, "127.0.0.1", resolve),
  );
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    notifications,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  notifications: NotificationStore,
  behaviours: Behaviours,
): Promise<void> {
  const url = new URL(request.url ?? "/", "http://receiver");
  const [, head = ""] = url.pathname.split("/");
  switch (`${request.method} /${head}`) {
    case "GET /":
      response
        .writeHead(200, { "content-type": "text/html; charset=utf-8" })
        .end(receiverPage(notifications.list(null)));
      return;
    case "GET /notifications": {
      const found = await notifications.waitFor({
        channel: url.searchParams.get("channel"),
        count: Number(url.searchParams.get("count") ?? 0),
        waitMs: Math.min(MAX_WAIT_MS, Number(url.searchParams.get("wait") ?? 0) * 1000),
      });
      response
        .writeHead(200, { "content-type": "application/json" })
        .end(JSON.stringify({ notifications: found }));
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
      await receive(request, response, { channel: head, path: url.pathname }, notifications, behaviours);
  }
}

async function receive(
  request: IncomingMessage,
  response: ServerResponse,
  { channel, path }: { channel: string; path: string },
  notifications: NotificationStore,
  behaviours: Behaviours,
): Promise<void> {
  if (request.method !== "POST") {
    response.writeHead(405).end();
    return;
  }
  const body = await text(request);
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  );
  const now = Date.now();
  const reply = behaviours.reply(channel, now);
  const status = reply.kind === "reply" ? reply.status : null;
  notifications.add({ at: new Date(now).toISOString(), channel, path, headers, body, status });
  if (reply.kind === "reply") response.writeHead(reply.status, reply.headers).end(reply.body);
}
