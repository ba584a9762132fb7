import { type ClientRequest, type IncomingMessage, request as startRequest } from "node:http";
import { type Connections, closeIdleConnections } from "./connections.ts";
import type { TlsOptions } from "./tls-options.ts";

/** The request was not finished within its time limit. Node.js has no error code for a request that took too long. */
export const DEADLINE_PASSED = "DEADLINE_PASSED";
/** URL and headers do not make a valid HTTP request. The request was not sent. */
export const REQUEST_INVALID = "REQUEST_INVALID";

export interface HttpRequest {
  readonly connections: Connections;
  readonly url: URL;
  readonly method: "GET" | "POST";
  readonly tls?: TlsOptions | undefined;
  /** Request headers by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string | null;
  /** The time limit for everything: name lookup, connection, TLS handshake, headers and body. */
  readonly timeLimitMs: number;
  /** The maximum size of the body. A longer body is truncated. */
  readonly maxBytes: number;
  /**
   * Receives each chunk of the body when it arrives. The result `buffer` adds the chunk to the returned body. The
   * result `used` drops the chunk, which then does not count for `maxBytes`. The result `stop` truncates the response
   * before the chunk.
   */
  readonly onChunk?: (
    chunk: Buffer,
    response: { readonly status: number; readonly headers: Readonly<Record<string, string>> },
  ) => "buffer" | "used" | "stop";
}

/** The response to an HTTP request, or an error code without a complete response. */
export type HttpResult =
  | {
      readonly kind: "answer";
      readonly status: number;
      /** Response headers by lower-case name. Values of a repeated header are joined with commas. */
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Buffer;
      readonly isTruncated: boolean;
    }
  | {
      readonly kind: "failed";
      /** A code of Node.js or of this service, without an address. */
      readonly code: string;
      /** The original error. Callers must never see the message of the error, because it may contain an address. */
      readonly error: unknown;
      /** The HTTP status, if it arrived before the failure, else null. */
      readonly status: number | null;
      /** The response headers, if they arrived before the failure, else empty. */
      readonly headers: Readonly<Record<string, string>>;
      /** The received part of the body. */
      readonly body: Buffer;
    };

/**
 * Sends one HTTP request within a time limit. The function never throws, follows no redirect and decompresses nothing.
 * After `maxBytes` of the body, the function closes the connection. A POST request is sent only once. A GET request is
 * repeated if the server had closed the reused connection (RFC 9112, section 9.3.1).
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

    /** Resolves the promise. Later calls of `settle` have no effect. */
    const settle = (result: HttpResult) => {
      isSettled = true;
      clearTimeout(timer);
      resolve(result);
    };
    const fail = (code: string, error: unknown = null) =>
      settle({ kind: "failed", code, error, status, headers, body: Buffer.concat(chunks) });

    const readAnswer = (response: IncomingMessage, sentRequest: ClientRequest) => {
      const { statusCode = 0, rawHeaders } = response;
      // A status below 200 means here that the server switches the protocol. Node.js skips all other preliminary
      // responses.
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
        // If bytes follow a complete response, Node.js emits a connection error. The response is valid nevertheless,
        // and Node.js emits the event "end" after the error. After the time limit, the function closes the connection
        // itself. Node.js then emits the same error.
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
  // By default, Node.js silently drops all headers after the first thousand. `maxHeaderSize` limits the total size of
  // all headers.
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

/** Returns the code of an error or of its cause. If the error has no code, the result is "". */
function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const [first] = "errors" in error && Array.isArray(error.errors) ? error.errors : [];
  return codeOf(first) || code || ("cause" in error ? codeOf(error.cause) : "");
}
