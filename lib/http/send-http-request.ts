import { type ClientRequest, type IncomingMessage, request as startRequest } from "node:http";
import { type Connections, closeIdleConnections } from "./connections.ts";
import type { TlsOptions } from "./tls-options.ts";

/**
 * The error code of a request that took longer than its time limit. Node.js itself has no error code for an exceeded
 * time limit.
 */
export const DEADLINE_PASSED = "DEADLINE_PASSED";
/** The error code if the service sent no request, because the URL or a header is not valid in HTTP. */
export const REQUEST_INVALID = "REQUEST_INVALID";

export interface HttpRequest {
  readonly connections: Connections;
  readonly url: URL;
  readonly method: "GET" | "POST";
  readonly tls?: TlsOptions | undefined;
  /** The request headers, with names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string | null;
  /** The time limit for the whole request: name lookup, connection, TLS handshake, headers and body. */
  readonly timeLimitMs: number;
  /** The maximum size of the response body, in bytes. If the body is larger, the function truncates the body. */
  readonly maxBytes: number;
  /**
   * Called with each chunk of the response body that arrives. The result `buffer` adds the chunk to the returned body.
   * With the result `used`, the function does not store the chunk, and does not count it towards `maxBytes`. The result
   * `stop` drops the chunk and ends the response.
   */
  readonly onChunk?: (
    chunk: Buffer,
    response: { readonly status: number; readonly headers: Readonly<Record<string, string>> },
  ) => "buffer" | "used" | "stop";
}

/** The response to an HTTP request. If the response is incomplete, the result contains an error code. */
export type HttpResult =
  | {
      readonly kind: "answer";
      readonly status: number;
      /** The response headers, with names in lower case. If a header is repeated, its values are joined with commas. */
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Buffer;
      readonly isTruncated: boolean;
    }
  | {
      readonly kind: "failed";
      /** An error code from Node.js or from this service. An error code contains no address. */
      readonly code: string;
      /**
       * The original error of Node.js. Callers must never see the message of the error, because it may contain an
       * address.
       */
      readonly error: unknown;
      /** The HTTP status of the response. If the request failed before the status arrived, `status` is null. */
      readonly status: number | null;
      /** The response headers. If the request failed before the headers arrived, `headers` is empty. */
      readonly headers: Readonly<Record<string, string>>;
      /** The part of the response body that arrived before the failure. */
      readonly body: Buffer;
    };

/**
 * Sends one HTTP request within a time limit. The function never throws an error. The function follows no redirects and
 * does not decompress the response. After `maxBytes` of the body, the function closes the connection. If the server had
 * already closed the connection, the function sends a GET request a second time (RFC 9112, section 9.3.1). The function
 * sends a POST request only once.
 */
export function sendHttpRequest(request: HttpRequest): Promise<HttpResult> {
  const { timeLimitMs, maxBytes, onChunk } = request;
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let status: number | null = null;
    let headers: Record<string, string> = {};
    let timer: NodeJS.Timeout | undefined;
    let sent: ClientRequest | undefined;
    let isSettled = false;

    const settle = (result: HttpResult) => {
      isSettled = true;
      clearTimeout(timer);
      resolve(result);
    };
    const fail = (code: string, error: unknown = null) =>
      settle({ kind: "failed", code, error, status, headers, body: Buffer.concat(chunks) });

    const readAnswer = (response: IncomingMessage, sentRequest: ClientRequest) => {
      const { statusCode = 0, rawHeaders } = response;
      // A status below 200 means here that the server wants to switch to another protocol. Node.js itself handles all
      // other responses with a status below 200.
      if (statusCode < 200) return void sentRequest.destroy();
      status = statusCode;
      headers = joinHeaders(rawHeaders);
      const finish = (isTruncated: boolean) => {
        const body = Buffer.concat(chunks).subarray(0, maxBytes);
        settle({ kind: "answer", status: statusCode, headers, body, isTruncated });
      };
      response.on("data", (chunk: Buffer) => {
        const use = onChunk?.(chunk, { status: statusCode, headers }) ?? "buffer";
        if (use === "buffer") {
          chunks.push(chunk);
          size += chunk.length;
        }
        if (use !== "stop" && size <= maxBytes) return;
        finish(true);
        sentRequest.destroy();
      });
      response.on("end", () => finish(false));
      response.on("error", (error) => fail(codeOf(error), error));
    };

    const attempt = (mayRepeat: boolean) => {
      let response: IncomingMessage | undefined;
      let current: ClientRequest;
      try {
        current = send(request);
      } catch (error) {
        return fail(REQUEST_INVALID, error);
      }
      sent = current;
      current.on("response", (started: IncomingMessage) => {
        response = started;
        readAnswer(started, current);
      });
      current.on("error", (error) => {
        // If bytes follow a complete response, Node.js emits a connection error. The function ignores a connection
        // error after a complete response. The function also ignores the error that Node.js emits after the time limit,
        // when the function itself closes the connection.
        if (isSettled || response?.complete === true) return;
        const code = codeOf(error);
        if (!mayRepeat || response !== undefined || !wasClosedIdle(current, code)) return fail(code, error);
        closeIdleConnections(request.connections);
        attempt(false);
      });
      current.on("close", () => {
        if (status === null && sent === current) fail("ECONNRESET");
      });
    };

    if (timeLimitMs <= 0) return fail(DEADLINE_PASSED);
    timer = setTimeout(() => {
      fail(DEADLINE_PASSED);
      sent?.destroy();
    }, timeLimitMs);
    attempt(request.method === "GET");
  });
}

/** Returns true if the server had closed the reused connection before the request arrived. */
function wasClosedIdle(request: ClientRequest, code: string): boolean {
  return request.reusedSocket && (code === "ECONNRESET" || code === "EPIPE");
}

function send({ connections, url, tls, method, headers, body }: HttpRequest): ClientRequest {
  const { protocol, hostname } = url;
  const length = method === "GET" ? null : { "content-length": String(Buffer.byteLength(body ?? "")) };
  const sent = startRequest({
    ...tls,
    protocol,
    agent: protocol === "https:" ? connections.https : connections.http,
    host: hostname.startsWith("[") ? hostname.slice(1, -1) : hostname,
    // The TLS handshake contains the host name without a dot at its end (RFC 6066, section 3).
    ...(hostname.endsWith(".") ? { servername: hostname.slice(0, -1) } : null),
    port: url.port,
    method,
    path: `${url.pathname}${url.search}`,
    // Node.js sends headers of an array unchanged.
    headers: Object.entries({ host: url.host, ...headers, ...length }).flat(),
    maxHeaderSize: connections.maxHeaderBytes,
    insecureHTTPParser: false,
  });
  // By default, Node.js silently drops all headers after the first thousand. With the value 0, Node.js keeps all
  // headers, but `maxHeaderSize` still limits the total size of the headers.
  sent.maxHeadersCount = 0;
  return sent.end(body ?? undefined);
}

/**
 * Joins the values of headers that occur several times. `IncomingMessage.headers` of Node.js omits some values of
 * repeated headers, for example a second Retry-After.
 */
function joinHeaders(rawHeaders: readonly string[]): Record<string, string> {
  const headers = new Map<string, string>();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const [name = "", value = ""] = [rawHeaders[i]?.toLowerCase(), rawHeaders[i + 1]];
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return Object.fromEntries(headers);
}

/**
 * Returns the error code of an error or of its cause. If neither the error nor its cause has an error code, the result
 * is an empty text.
 */
function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const [first] = "errors" in error && Array.isArray(error.errors) ? error.errors : [];
  return codeOf(first) || code || ("cause" in error ? codeOf(error.cause) : "");
}
