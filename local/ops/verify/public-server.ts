import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { type CceSimulator, startCceSimulator } from "../../cce/simulator.ts";
import { type Receiver, startReceiver } from "../../receiver/receiver.ts";
import { listenLocally } from "../../servers/local-server.ts";

/** The path of the target whose first notification the receiver answers with HTTP 503. */
export const RETRY_PATH = "/retry/verify";
export const WEBHOOK_PATH = "/webhook/verify";

/**
 * The server is open to the internet, so it accepts only queries for a job and notifications. Any other request gets
 * the status 404.
 */
const ROUTES: readonly { readonly pattern: RegExp; readonly server: "cce" | "receiver" }[] = [
  { pattern: /^GET \/(?:api|autopilot)\/v3\/projects\/[\w-]+\/jobs\/[\w-]+$/, server: "cce" },
  { pattern: /^POST \/(?:webhook|retry)\/verify$/, server: "receiver" },
];

/**
 * A response header with the random ID of this server. The verification sends a request to the public URL. If the
 * response contains the ID, requests to the public URL reach this server.
 */
const ID_HEADER = "x-verify-server";
const ADDRESS_LIMIT_MS = 10_000;

/**
 * The simulated CCE and the receiver of a verification. The simulated CCE and the receiver use one port of this
 * machine.
 */
export interface PublicServer {
  /** Returns true if the server can be reached at a URL, for example at the URL of a tunnel. */
  answersAt(url: string): Promise<boolean>;
  readonly cce: CceSimulator;
  readonly receiver: Receiver;
  stop(): Promise<void>;
}

/**
 * Starts a simulated CCE and a receiver of notifications on one port of this machine. The operator makes this port
 * reachable for the stage under a public HTTPS address, for example with a tunnel.
 * @param cceToken the only token that the simulated CCE accepts.
 * @throws Node's error if the port cannot be used.
 */
export async function startPublicServer(port: number, cceToken: string): Promise<PublicServer> {
  const cce = await startCceSimulator({ tokens: [cceToken] });
  const receiver = await startReceiver();
  const urls = { cce: cce.url, receiver: receiver.url };
  const stopBoth = () => Promise.all([cce.stop(), receiver.stop()]);
  const behaviour = { channel: "retry", kind: "status", status: 503, times: 1 };
  await fetch(`${receiver.url}/behaviour`, { method: "PUT", body: JSON.stringify(behaviour) });
  const id = randomUUID();
  const server = createServer((request, response) => {
    response.setHeader(ID_HEADER, id);
    forward(request, response, urls).catch(() => response.writeHead(502).end());
  });
  const { stop } = await listenLocally(server, port, { anyHost: true }).catch(async (error: unknown) => {
    await stopBoth();
    throw error;
  });
  return {
    cce,
    receiver,
    async answersAt(url) {
      const options = { signal: AbortSignal.timeout(ADDRESS_LIMIT_MS), redirect: "manual" } as const;
      const response = await fetch(`${url}/`, options).catch(() => null);
      await response?.body?.cancel();
      return response?.headers.get(ID_HEADER) === id;
    },
    async stop() {
      await stop();
      await stopBoth();
    },
  };
}

async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  urls: Readonly<Record<"cce" | "receiver", string>>,
): Promise<void> {
  const { pathname } = new URL(request.url ?? "/", "http://verify");
  const route = ROUTES.find(({ pattern }) => pattern.test(`${request.method} ${pathname}`));
  if (route === undefined) {
    response.writeHead(404).end();
    return;
  }
  const headers = Object.entries(request.headers).flatMap(([name, value]): [string, string][] =>
    HOP_HEADERS.has(name) || value === undefined ? [] : [[name, String(value)]],
  );
  const body = request.method === "POST" ? new Uint8Array(await buffer(request)) : null;
  const reply = await fetch(`${urls[route.server]}${pathname}`, {
    method: request.method ?? "GET",
    headers,
    body,
  });
  const type = reply.headers.get("content-type");
  response.writeHead(reply.status, type === null ? {} : { "content-type": type });
  response.end(Buffer.from(await reply.arrayBuffer()));
}

/** The HTTP headers that the server does not forward, because each of them is only for one connection. */
const HOP_HEADERS: ReadonlySet<string> = new Set([
  "host",
  "connection",
  "content-length",
  "transfer-encoding",
]);
