import type { MonotonicClock } from "../domain/job.ts";
import { BODY_UNDECODABLE, decompressTruncateAndDecodeText } from "../http/decompress-and-decode-text.ts";
import {
  DEADLINE_PASSED,
  type HttpRequest,
  type HttpResult,
  sendHttpRequest,
} from "../http/send-http-request.ts";
import type { CircuitBreaker } from "./circuit-breaker.ts";

/**
 * The maximum size of a response that counts as small. The service reads small responses in parallel. The response
 * about a job with 500 subjobs has about 256 KiB.
 */
const SMALL_BYTES = 256 * 1024;
/** The maximum size of a response from CCE. The response about a job with 20,000 subjobs has 9 to 10 MB. */
export const MAX_BODY_BYTES = 12 * 1024 * 1024;
/**
 * The maximum number of JSON values (such as strings and objects) in a response from CCE. A response about a job with
 * 25,000 subjobs has fewer values. Without a maximum, a response with very many short values could use up the memory.
 */
export const MAX_VALUES = 600_000;
/** The maximum number of URLs that the service remembers because their responses were large. */
const MAX_LARGE_URLS = 1000;

/** A response with its body as text. If there is no response, the code of a network error. */
export type TextReplyOrFailure =
  | (Omit<Extract<HttpResult, { kind: "answer" }>, "body"> & { readonly body: string })
  | { readonly kind: "failed"; readonly code: string };

/** A signed request to CCE. The type contains no time limit and no size limit. */
export type CceRequest = Omit<HttpRequest, "timeLimitMs" | "maxBytes">;

/** Sends a request to CCE or IAM. The function never throws an error. */
export async function sendRequestForText(request: HttpRequest): Promise<TextReplyOrFailure> {
  const result = await sendHttpRequest(request);
  if (result.kind === "failed") return { kind: "failed", code: result.code || "UNKNOWN" };
  const decoded = await decompressTruncateAndDecodeText(result, request.maxBytes);
  freeBuffer(result.body);
  if (decoded === null) return { kind: "failed", code: BODY_UNDECODABLE };
  return { ...result, body: decoded.text, isTruncated: decoded.isTruncated };
}

/** Frees the memory of a large response body. The garbage collector would free the memory too late. */
function freeBuffer({ buffer, length }: Buffer): void {
  if (length > Buffer.poolSize && buffer instanceof ArrayBuffer) buffer.transfer(0);
}

/**
 * Sends a request to CCE, and passes the response to `read`. Returns the result of `read`. The first request reads only
 * a small response. If the response is large, the function sends the request again, and then reads the whole response.
 * The service reads only one large response at a time, because a large response needs several times its size in memory.
 * The function must return before `endAt`, in milliseconds of the monotonic clock, even after a wait for other large
 * responses. The first request must also end within the time limit of the circuit breaker.
 */
export type SendCceRequest = <T>(
  request: CceRequest,
  endAt: number,
  breaker: CircuitBreaker,
  read: (result: TextReplyOrFailure | { readonly kind: "too_large" }) => T,
) => Promise<T>;

/**
 * Creates a function that sends requests to CCE. The function never reads two large responses at the same time. The
 * queries of all projects must use the same function, because all projects share the memory of the process.
 */
export function createSenderOfOneLargeReplyAtATime(monotonic: MonotonicClock): SendCceRequest {
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
      // A truncated response with another status than 200 is an error page of a gateway. The beginning of an error page
      // is enough, so the function does not send the request again.
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
 * Counts the commas, the opening brackets and the opening braces in a JSON text. The returned count is never less than
 * the number of values. The function does not parse the text, because the parsed values need up to twenty times as much
 * memory.
 */
function countValues(json: string): number {
  let count = 1;
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code === COMMA || code === OPENING_BRACE || code === OPENING_BRACKET) count += 1;
  }
  return count;
}

/** Creates a function that runs asynchronous tasks one after another. */
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
