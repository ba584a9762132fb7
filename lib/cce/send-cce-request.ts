import { BODY_UNDECODABLE, decompressAndDecodeText } from "../http/decompress-and-decode-text.ts";
import {
  DEADLINE_PASSED,
  type HttpRequest,
  type HttpResult,
  sendHttpRequest,
} from "../http/send-http-request.ts";
import type { CircuitBreaker } from "./circuit-breaker.ts";

/**
 * The maximum size of a small response. Small responses are read in parallel. A job with 500 subjobs needs about 256
 * KiB.
 */
const SMALL_BYTES = 256 * 1024;
/** The maximum size of a response. A job with 20,000 subjobs needs 9 to 10 MB. */
export const MAX_BODY_BYTES = 12 * 1024 * 1024;
/**
 * The maximum number of JSON values in a response. This number is enough for about 25,000 subjobs. Many short values
 * could fill the memory although the response is below `MAX_BODY_BYTES`.
 */
export const MAX_VALUES = 600_000;
/** The maximum number of remembered URLs with a large response. */
const MAX_LARGE_URLS = 1000;

/** A response with a text body, or the code of a network error. */
export type TextReplyOrFailure =
  | (Omit<Extract<HttpResult, { kind: "answer" }>, "body"> & { readonly body: string })
  | { readonly kind: "failed"; readonly code: string };

/** A signed request without its time limit and size limit. */
export type CceRequest = Omit<HttpRequest, "timeLimitMs" | "maxBytes">;

/** Sends one request to CCE or IAM. The function never throws. */
export async function sendRequestForText(request: HttpRequest): Promise<TextReplyOrFailure> {
  const result = await sendHttpRequest(request);
  if (result.kind === "failed") return { kind: "failed", code: result.code || "UNKNOWN" };
  const decoded = await decompressAndDecodeText(result, request.maxBytes);
  freeBuffer(result.body);
  if (decoded === null) return { kind: "failed", code: BODY_UNDECODABLE };
  return { ...result, body: decoded.text, isTruncated: decoded.isTruncated };
}

/** Frees the memory of a large body at once, because the garbage collector would be too late. */
function freeBuffer({ buffer, length }: Buffer): void {
  if (length > Buffer.poolSize && buffer instanceof ArrayBuffer) buffer.transfer(0);
}

/**
 * Sends a request to CCE, and returns the result of `read` for its response. If the response is large, the first
 * request stops early, and a second request reads the response. Only one large response is read at a time, because
 * reading takes several times the size of the response in memory. `endAt` is the deadline of both requests, in
 * milliseconds of the monotonic clock. The deadline includes the wait for other large responses. The circuit breaker
 * also limits the time of the first request.
 */
export type SendCceRequest = <T>(
  request: CceRequest,
  endAt: number,
  breaker: CircuitBreaker,
  read: (result: TextReplyOrFailure | { readonly kind: "too_large" }) => T,
) => Promise<T>;

/** Creates a function that reads only one large response at a time. All projects must share this function. */
export function createSenderOfOneLargeReplyAtATime(monotonic: () => number): SendCceRequest {
  const oneAtATime = createMutex();
  const largeUrls = new Set<string>();
  return async (request, endAt, breaker, read) => {
    const exchangeUpTo = (maxBytes: number, limitMs = Number.POSITIVE_INFINITY) =>
      sendRequestForText({ ...request, maxBytes, timeLimitMs: Math.min(limitMs, endAt - monotonic()) });
    const { href } = request.url;
    if (!largeUrls.has(href)) {
      const startedAt = monotonic();
      const result = await exchangeUpTo(SMALL_BYTES, breaker.requestLimitMs());
      if (result.kind === "failed" && result.code === DEADLINE_PASSED) breaker.recordTimeout();
      else breaker.recordReply(monotonic() - startedAt);
      // A truncated response with another status than 200 is an error page of a gateway. The beginning of the error
      // page is enough for the observation.
      if (result.kind === "failed" || !result.isTruncated || result.status !== 200) return read(result);
      if (largeUrls.size === MAX_LARGE_URLS) largeUrls.clear();
      largeUrls.add(href);
    }
    return oneAtATime(async () => {
      const result = await exchangeUpTo(MAX_BODY_BYTES);
      return read(isTooLarge(result) ? { kind: "too_large" } : result);
    });
  };
}

function isTooLarge(result: TextReplyOrFailure): boolean {
  if (result.kind === "failed" || result.status !== 200) return false;
  return result.isTruncated || (result.body.length > MAX_VALUES && countValues(result.body) > MAX_VALUES);
}

const COMMA = 0x2c;
const OPENING_BRACKET = 0x5b;
const OPENING_BRACE = 0x7b;

/**
 * Counts commas and opening brackets and braces in JSON text. The result is at least the number of values. The text is
 * not parsed, because parsed values need up to twenty times as much memory.
 */
function countValues(json: string): number {
  let count = 1;
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code === COMMA || code === OPENING_BRACE || code === OPENING_BRACKET) count += 1;
  }
  return count;
}

/** Creates a function that runs asynchronous tasks one after the other. */
export function createMutex(): <T>(work: () => Promise<T>) => Promise<T> {
  let previous: Promise<void> = Promise.resolve();
  return (work) => {
    const result = previous.then(work);
    // The promise `previous` must not keep a large result in memory.
    previous = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  };
}
