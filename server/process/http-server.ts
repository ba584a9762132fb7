import { randomUUID } from "node:crypto";
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import { isIP } from "node:net";
import type { ApiRequest, ApiResponse } from "../../lib/api/http-message.ts";
import { problemResponse, renderProblem } from "../../lib/api/problem-response.ts";
import { MAX_BODY_BYTES } from "../../lib/api/request-body.ts";
import { toTraceparentVersion00 } from "../../lib/domain/traceparent.ts";
import { decodeTextByDetectedOrDeclaredCharset } from "../../lib/http/decompress-and-decode-text.ts";
import type { AllowList } from "../../lib/http/egress-rules.ts";
import { log } from "../../lib/runtime/log.ts";

/** The time within which a client must send the whole request. */
const REQUEST_TIMEOUT_MS = 30_000;

export interface Tls {
  readonly cert: string;
  readonly key: string;
}

interface HttpServerOptions {
  readonly host: string;
  readonly port: number;
  /** The certificate and the private key in PEM format, or null for a server without TLS. */
  readonly tls: Tls | null;
  /** The proxies whose header `X-Forwarded-For` is trusted. */
  readonly trustedProxies: Pick<AllowList, "hasAddress">;
  readonly answer: (request: ApiRequest) => Promise<ApiResponse>;
}

interface HttpServer {
  readonly url: string;
  /**
   * Stops accepting connections, waits at most `timeLimitMs` milliseconds for open requests, and then closes all
   * connections.
   */
  stop(timeLimitMs: number): Promise<void>;
}

/** The error of a server that cannot listen on its address. */
export class ListenError extends Error {
  override readonly name = "ListenError";
}

/**
 * Starts the HTTP server of the one-node edition.
 * @throws ListenError if the port is in use or the address is not an address of this machine.
 */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { host, port, tls } = options;
  const listener: RequestListener = (request, response) => {
    handle(request, response, options, () => !server.listening).catch((error: unknown) => {
      log.error("response failed", {}, error);
      response.destroy();
    });
  };
  const limits = { requestTimeout: REQUEST_TIMEOUT_MS };
  const server =
    tls === null ? createServer(limits, listener) : createTlsServer({ ...limits, ...tls }, listener);
  await listen(server, host, port);
  const address = server.address();
  const actualPort = typeof address === "object" && address !== null ? address.port : port;
  return {
    url: `${tls === null ? "http" : "https"}://${urlHost(host)}:${actualPort}`,
    stop: (timeLimitMs) => stop(server, timeLimitMs),
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        new ListenError(`The service cannot listen on ${host}:${port} (${error.code}).`, { cause: error }),
      ),
    );
    server.listen(port, host, resolve);
  });
}

/**
 * Returns the host in the URL of the server. For an address such as 0.0.0.0, which means all addresses of the machine,
 * the result is 127.0.0.1.
 */
function urlHost(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return isIP(host) === 6 ? `[${host}]` : host;
}

async function stop(server: Server, timeLimitMs: number): Promise<void> {
  const timer = setTimeout(() => server.closeAllConnections(), timeLimitMs);
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  await closed;
  clearTimeout(timer);
}

async function handle(
  incoming: IncomingMessage,
  response: ServerResponse,
  { answer, trustedProxies }: HttpServerOptions,
  isStopping: () => boolean,
): Promise<void> {
  const requestId = randomUUID();
  const { bytes, isTooLong } = await readBody(incoming);
  const [encodedPath = "/", ...query] = (incoming.url ?? "/").split("?");
  const path = decodePath(encodedPath);
  const headers = joinHeaders(incoming);
  const sourceIp = clientAddress(
    incoming.socket.remoteAddress ?? "",
    headers["x-forwarded-for"],
    trustedProxies,
  );
  const request = {
    method: (incoming.method ?? "GET").toUpperCase(),
    path: path ?? "/",
    query: new URLSearchParams(query.join("?")),
    headers,
    body: decodeTextByDetectedOrDeclaredCharset(bytes, headers["content-type"]),
    requestId,
    sourceIp,
  };
  const result =
    path === null
      ? renderProblem(
          problemResponse("invalid-parameter", "The path is not percent-encoded correctly."),
          requestId,
        )
      : await answer(request);
  const traceparent = toTraceparentVersion00(headers.traceparent);
  log.info("access", {
    client: sourceIp,
    method: request.method,
    status: result.status,
    requestId,
    traceparent,
  });
  // The rest of a body that is too long is never read. During a stop, a connection that stays open delays the stop.
  if (isTooLong || isStopping()) response.setHeader("connection", "close");
  send(response, result);
}

/**
 * Reads the body of a request. If a body is too long, the function stops at the size limit and returns true in the
 * field `isTooLong`.
 */
async function readBody(incoming: IncomingMessage): Promise<{ bytes: Buffer; isTooLong: boolean }> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
    const part = Buffer.from(chunk);
    chunks.push(part);
    length += part.length;
    if (length > MAX_BODY_BYTES) return { bytes: Buffer.concat(chunks), isTooLong: true };
  }
  return { bytes: Buffer.concat(chunks), isTooLong: false };
}

/**
 * Decodes the percent-encoding of a path, as API Gateway does. Returns null for a path whose percent-encoding is
 * malformed.
 */
function decodePath(encodedPath: string): string | null {
  try {
    return decodeURIComponent(encodedPath);
  } catch {
    return null;
  }
}

function joinHeaders({ headersDistinct }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headersDistinct).map(([name, values]) => [name, (values ?? []).join(",")]),
  );
}

/**
 * Returns the IP address of the client. Each proxy appends the address of its own client to the header
 * `X-Forwarded-For`. The client's address is the last address in the header that does not belong to a trusted proxy.
 */
function clientAddress(
  peer: string,
  forwardedFor: string | undefined,
  trustedProxies: Pick<AllowList, "hasAddress">,
): string {
  const chain = [...(forwardedFor ?? "").split(",").map((address) => address.trim()), peer].reverse();
  let client = peer;
  for (const address of chain) {
    if (isIP(address) === 0) break;
    client = address;
    if (!trustedProxies.hasAddress(address, 0)) break;
  }
  return client;
}

/** Sends a response. Node.js itself drops the body of a response to HEAD, and of a response with status 204 or 304. */
function send(response: ServerResponse, { status, headers, body = "" }: ApiResponse): void {
  const bytes = Buffer.from(body);
  if (status !== 204 && status !== 304) response.setHeader("content-length", bytes.length);
  response.writeHead(status, { ...headers });
  response.end(bytes);
}
