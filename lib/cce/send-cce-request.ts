import { BODY_UNDECODABLE, decompressAndDecodeText } from "../http/decompress-and-decode-text.ts";
import {
  DEADLINE_PASSED,
  type HttpRequest,
  type HttpResult,
  sendHttpRequest,
} from "../http/send-http-request.ts";
import type { CircuitBreaker } from "./circuit-breaker.ts";

/**
 * The maximum number of bytes in a small reply of CCE. The service reads small replies in parallel. The reply for a job
 * with 500 subjobs has about 256 KiB.
 */
const SMALL_BYTES = 256 * 1024;
/**
 * The maximum size of a reply of CCE. The reply for a job with 20,000 subjobs of 440 to 480 bytes each has a size of 9
 * to 10 MB.
 */
export const MAX_BODY_BYTES = 12 * 1024 * 1024;
/**
 * The maximum number of JSON values in a reply of CCE. 600,000 values are enough for about 25,000 subjobs. The number
 * of values is limited because many short values can fill the memory even if the reply has fewer bytes than
 * `MAX_BODY_BYTES`.
 */
export const MAX_VALUES = 600_000;
/** The maximum number of URLs with a large reply that the service keeps in memory. */
const MAX_LARGE_URLS = 1000;

/** An HTTP reply whose body is text, or the code of a network failure. */
export type TextReply =
  | (Omit<Extract<HttpResult, { kind: "answer" }>, "body"> & { readonly body: string })
  | { readonly kind: "failed"; readonly code: string };

/** A signed request to CCE, without its time limit and its size limit. */
export type CceRequest = Omit<HttpRequest, "timeLimitMs" | "maxBytes">;

/** Sends one request to CCE or IAM. Returns the reply or the network failure, and never throws an error. */
export async function sendRequestForText(request: HttpRequest): Promise<TextReply> {
  const result = await sendHttpRequest(request);
  if (result.kind === "failed") return { kind: "failed", code: result.code || "UNKNOWN" };
  const decoded = await decompressAndDecodeText(result, request.maxBytes);
  freeBuffer(result.body);
  if (decoded === null) return { kind: "failed", code: BODY_UNDECODABLE };
  return { ...result, body: decoded.text, isTruncated: decoded.isTruncated };
}

/** Frees the memory of a large body immediately, because the garbage collector would free the memory too late. */
function freeBuffer({ buffer, length }: Buffer): void {
  if (length > Buffer.poolSize && buffer instanceof ArrayBuffer) buffer.transfer(0);
}

/**
 * Sends one request to CCE, passes the reply to `read`, and returns the result of `read`. If the reply is large, the
 * first request stops early, and a second request reads the whole reply. The service reads only one large reply at a
 * time, because reading a reply takes several times its size in memory. The parameter `endAt` is the deadline of both
 * requests on the monotonic clock. The deadline includes the wait for other large replies. The circuit breaker limits
 * the time of the first request.
 */
export type SendCceRequest = <T>(
  request: CceRequest,
  endAt: number,
  breaker: CircuitBreaker,
  read: (result: TextReply | { readonly kind: "too_large" }) => T,
) => Promise<T>;

/**
 * Creates a function that sends requests to CCE and reads only one large reply at a time. The memory is limited only if
 * all projects share the created function.
 */
export function createMemoryLimitedCceSender(monotonic: () => number): SendCceRequest {
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
      // A long reply with a status other than 200 is an error page of a gateway. The first bytes of an error page are
      // enough for the text of the observation.
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

function isTooLarge(result: TextReply): boolean {
  if (result.kind === "failed" || result.status !== 200) return false;
  return result.isTruncated || (result.body.length > MAX_VALUES && countValues(result.body) > MAX_VALUES);
}

const COMMA = 0x2c;
const OPENING_BRACKET = 0x5b;
const OPENING_BRACE = 0x7b;

/**
 * Counts the commas, opening brackets and opening braces in a JSON text. The returned number is at least the number of
 * JSON values in the text. The function does not parse the text, because parsed values need up to twenty times as much
 * memory as the text.
 */
function countValues(json: string): number {
  let count = 1;
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code === COMMA || code === OPENING_BRACE || code === OPENING_BRACKET) count += 1;
  }
  return count;
}

/** Creates a function that runs asynchronous work: one call at a time, in the order of the calls. */
export function createMutex(): <T>(work: () => Promise<T>) => Promise<T> {
  let previous: Promise<void> = Promise.resolve();
  return (work) => {
    const result = previous.then(work);
    // A result may be large, so the variable `previous` does not keep the result in memory.
    previous = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  };
}
