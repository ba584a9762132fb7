import { type ClientRequest, type IncomingMessage, request as startRequest } from "node:http";
import { type Connections, closeIdleConnections } from "./connections.ts";
import type { TlsOptions } from "./tls-options.ts";

/**
 * The error code of an HTTP request that was not finished within the time limit. Node.js has no error code for a passed
 * deadline.
 */
export const DEADLINE_PASSED = "DEADLINE_PASSED";
/**
 * The error code if the URL and the headers are not valid for an HTTP request. The service does not send an invalid
 * request.
 */
export const REQUEST_INVALID = "REQUEST_INVALID";

export interface HttpRequest {
  readonly connections: Connections;
  readonly url: URL;
  readonly method: "GET" | "POST";
  readonly tls?: TlsOptions | undefined;
  /** The names of the request headers in lower case, with the values. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string | null;
  /** The time limit for the whole HTTP request: name lookup, connection, TLS handshake, headers and body. */
  readonly timeLimitMs: number;
  /** The maximum size of the response body. A longer response body is truncated. */
  readonly maxBytes: number;
  /**
   * `onChunk` gets each chunk of the response body as soon as the chunk has arrived. With the result `buffer`, the
   * chunk becomes a part of the returned body. With the result `used`, the chunk is not added to the body and does not
   * count towards `maxBytes`. With the result `stop`, the response counts as truncated.
   */
  readonly onChunk?: (
    chunk: Buffer,
    response: { readonly status: number; readonly headers: Readonly<Record<string, string>> },
  ) => "buffer" | "used" | "stop";
}

/** The response to an HTTP request. If no complete response arrived, the error code says why. */
export type HttpResult =
  | {
      readonly kind: "answer";
      readonly status: number;
      /**
       * The names of the response headers in lower case, with the values. If a header is repeated, a comma separates
       * the values of the header.
       */
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Buffer;
      readonly isTruncated: boolean;
    }
  | {
      readonly kind: "failed";
      /** An error code from Node.js or from this service. The error code contains no address. */
      readonly code: string;
      /**
       * The original error, whose message must never be shown to a caller, because the message may contain an address.
       */
      readonly error: unknown;
      /** The HTTP status, if an HTTP status arrived before the failure. If no HTTP status arrived, `status` is null. */
      readonly status: number | null;
      /**
       * The response headers, if an HTTP status arrived before the failure. If no HTTP status arrived, `headers` is
       * empty.
       */
      readonly headers: Readonly<Record<string, string>>;
      /** The part of the response body that arrived before the failure. */
      readonly body: Buffer;
    };

/**
 * Sends one HTTP request and returns the response within one time limit. The function throws no error, follows no
 * redirect and decompresses nothing. If the response body is longer than `maxBytes`, the body is truncated and the
 * connection is closed. A POST request is sent only once. If the server had closed the reused connection, a GET request
 * is sent again over a new connection (RFC 9112, section 9.3.1).
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

    /** Resolves the promise. Later calls of `settle` have no effect, because a promise keeps its first result. */
    const settle = (result: HttpResult) => {
      isSettled = true;
      clearTimeout(timer);
      resolve(result);
    };
    const fail = (code: string, error: unknown = null) =>
      settle({ kind: "failed", code, error, status, headers, body: Buffer.concat(chunks) });

    const readAnswer = (response: IncomingMessage, sentRequest: ClientRequest) => {
      const { statusCode = 0, rawHeaders } = response;
      // Node.js skips preliminary responses, so a response with an HTTP status below 200 can only be a response that
      // switches the protocol.
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
        // If bytes follow a complete response, Node.js emits a connection error. The response is still valid, and
        // Node.js emits the event "end" next. After the time limit, the function itself closes the connection, and Node.js
        // reports the same error as for a connection that the server has closed.
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
    // In the TLS handshake the host name is sent without the dot at the end (RFC 6066, section 3).
    ...(hostname.endsWith(".") ? { servername: hostname.slice(0, -1) } : null),
    port: url.port,
    method,
    path: `${url.pathname}${url.search}`,
    // Node.js sends headers from an array without changes and does not store the headers in the request object.
    headers: Object.entries({ host: url.host, ...headers, ...length }).flat(),
    maxHeaderSize: connections.maxHeaderBytes,
    insecureHTTPParser: false,
  });
  // By default Node.js drops all headers after the first thousand headers, without an error. `maxHeaderSize` limits the
  // size of all headers.
  sent.maxHeadersCount = 0;
  return sent.end(body ?? undefined);
}

/**
 * Joins the values of repeated headers. The property `headers` of Node.js drops some repeated headers, for example a
 * second Retry-After.
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
 * Returns the code of an error, or else the code of the error's cause. Returns "" if neither the error nor its cause
 * has a code.
 */
function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const [first] = "errors" in error && Array.isArray(error.errors) ? error.errors : [];
  return codeOf(first) || code || ("cause" in error ? codeOf(error.cause) : "");
}
