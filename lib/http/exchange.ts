import {
  type ClientRequest,
  type Agent as HttpAgent,
  type IncomingMessage,
  request as open,
} from "node:http";
import type { Agent as HttpsAgent } from "node:https";

/** Codes of our own, beside Node's: the deadline passed; the request could not be made of its parts. */
export const DEADLINE_PASSED = "DEADLINE_PASSED";
export const REQUEST_INVALID = "REQUEST_INVALID";

/** What an exchange goes over: who opens and keeps the sockets, and how long the head of an answer may be. */
export interface Connections {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
  readonly maxHeaderBytes: number;
}

export interface ExchangeRequest {
  readonly connections: Connections;
  readonly url: URL;
  readonly method: "GET" | "POST";
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string | null;
  /** For all of it: name, connection, handshake, headers and body. */
  readonly deadlineMs: number;
  /** Where reading stops. */
  readonly maxBytes: number;
}

/**
 * What came back. `cut`: there was more. A failure may have come after the status; its `code` is fit to be shown, its
 * `error` is not, because messages name addresses.
 */
export type Exchanged =
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Buffer;
      readonly cut: boolean;
    }
  | {
      readonly kind: "failed";
      readonly code: string;
      readonly error: unknown;
      readonly status: number | null;
    };

/**
 * One HTTP exchange within one deadline. Never throws, follows no redirect, decompresses nothing, and holds no more than
 * `maxBytes` and one chunk of the body: reading stops there and the connection is closed. Asks once; but a GET whose kept
 * connection turns out to be dead goes over a new one (RFC 9112, section 9.3.1).
 */
export function exchange(request: ExchangeRequest): Promise<Exchanged> {
  const { deadlineMs, maxBytes } = request;
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let status: number | null = null;
    let timer: NodeJS.Timeout | undefined;
    let sent: ClientRequest | undefined;

    /** The first to settle counts; whatever a closed connection still says does not. */
    const settle = (result: Exchanged) => {
      clearTimeout(timer);
      resolve(result);
    };
    const fail = (code: string, error: unknown = null) => settle({ kind: "failed", code, error, status });

    const read = (response: IncomingMessage, asked: ClientRequest) => {
      const { statusCode = 0, rawHeaders } = response;
      // Node skips what is preliminary. What is left below 200 would speak another protocol from here on.
      if (statusCode < 200) return void asked.destroy();
      status = statusCode;
      const answer = (cut: boolean) => {
        const body = Buffer.concat(chunks).subarray(0, maxBytes);
        settle({ kind: "answer", status: statusCode, headers: joined(rawHeaders), body, cut });
      };
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size <= maxBytes) return;
        answer(true);
        asked.destroy();
      });
      response.on("end", () => answer(false));
      response.on("error", (error) => fail(codeOf(error), error));
    };

    const ask = (retriesDeadSocket: boolean) => {
      let response: IncomingMessage | undefined;
      let asked: ClientRequest;
      try {
        asked = send(request);
      } catch (error) {
        return fail(REQUEST_INVALID, error);
      }
      sent = asked;
      asked.on("response", (begun: IncomingMessage) => {
        response = begun;
        read(begun, asked);
      });
      asked.on("error", (error) => {
        // Bytes behind a whole answer are a fault of the connection: what was answered stands, and is about to end.
        if (response?.complete === true) return;
        const code = codeOf(error);
        if (!retriesDeadSocket || response !== undefined || !diedIdle(asked, code)) return fail(code, error);
        closeIdle(request.connections);
        ask(false);
      });
      asked.on("close", () => {
        if (status === null && sent === asked) fail("ECONNRESET");
      });
    };

    if (deadlineMs <= 0) return fail(DEADLINE_PASSED);
    timer = setTimeout(() => {
      fail(DEADLINE_PASSED);
      sent?.destroy();
    }, deadlineMs);
    ask(request.method === "GET");
  });
}

/** The other side had closed a kept connection before it saw the request. */
function diedIdle(asked: ClientRequest, code: string): boolean {
  return asked.reusedSocket && (code === "ECONNRESET" || code === "EPIPE");
}

/** Closes what is kept and not in use: where one kept connection is dead, the others most likely are. */
export function closeIdle({ http, https }: Connections): void {
  for (const agent of [http, https])
    for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy();
}

function send({ connections, url, method, headers, body }: ExchangeRequest): ClientRequest {
  const { protocol, hostname } = url;
  const sized = method === "GET" ? null : { "content-length": String(Buffer.byteLength(body ?? "")) };
  const sent = open({
    protocol,
    agent: protocol === "https:" ? connections.https : connections.http,
    host: hostname.startsWith("[") ? hostname.slice(1, -1) : hostname,
    // TLS names a host without the root's dot (RFC 6066, section 3).
    ...(hostname.endsWith(".") ? { servername: hostname.slice(0, -1) } : null),
    port: url.port,
    method,
    path: `${url.pathname}${url.search}`,
    // As a list, because Node then writes them as they stand and keeps no table of them.
    headers: Object.entries({ host: url.host, ...headers, ...sized }).flat(),
    maxHeaderSize: connections.maxHeaderBytes,
    insecureHTTPParser: false,
  });
  // Node would drop the headers after the first thousand without a word. Their bytes are limited.
  sent.maxHeadersCount = 0;
  return sent.end(body ?? undefined);
}

/** Headers in lower case, repeated ones as one list: Node's own `headers` drops some repetitions, as of Retry-After. */
function joined(rawHeaders: readonly string[]): Record<string, string> {
  const headers = new Map<string, string>();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const [name = "", value = ""] = [rawHeaders[i]?.toLowerCase(), rawHeaders[i + 1]];
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return Object.fromEntries(headers);
}

/** The code of an error or of what caused it. */
function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const [first] = "errors" in error && Array.isArray(error.errors) ? error.errors : [];
  return codeOf(first) || code || ("cause" in error ? codeOf(error.cause) : "");
}
