import { type HttpRequest, type HttpResult, sendHttpRequest } from "../http/send-http-request.ts";

/** Replies up to this size (about 500 subjobs) are read in parallel. */
const SMALL_BYTES = 256 * 1024;
/** A documented subjob takes 440 to 480 bytes. So 20,000 subjobs take 9 to 10 MB. */
export const MAX_BODY_BYTES = 12 * 1024 * 1024;
/** About 25,000 documented subjobs. A reply within the byte limit could have more values and fill the memory. */
export const MAX_VALUES = 600_000;
/** How many URLs with large replies are remembered. */
const MAX_LARGE_URLS = 1000;

/** A reply with its body as text, or the code of a network failure. Bytes that are not UTF-8 become U+FFFD. */
export type TextReply =
  | (Omit<Extract<HttpResult, { kind: "answer" }>, "body"> & { readonly body: string })
  | { readonly kind: "failed"; readonly code: string };

/** Does one exchange with CCE or IAM. Never throws. */
export async function sendRequestForText(request: HttpRequest): Promise<TextReply> {
  const result = await sendHttpRequest(request);
  if (result.kind === "failed") return { kind: "failed", code: result.code || "UNKNOWN" };
  const body = result.body.toString("utf8");
  freeBuffer(result.body);
  return { ...result, body };
}

/** Frees the memory of a large body at once. The garbage collector is slow to free memory outside of its heap. */
function freeBuffer({ buffer, length }: Buffer): void {
  if (length > Buffer.poolSize && buffer instanceof ArrayBuffer) buffer.transfer(0);
}

/**
 * Does one exchange with a reply of any size, and returns the result of `read`. A large reply is requested a second
 * time. Large replies are read one at a time, because reading takes several times their size in memory.
 * `endAt` is a time of the monotonic clock. It limits the whole call, with the wait for other large replies.
 */
export type SendCceRequest = <T>(
  request: Omit<HttpRequest, "deadlineMs" | "maxBytes">,
  endAt: number,
  read: (result: TextReply | { readonly kind: "too_large" }) => T,
) => Promise<T>;

/** Creates an exchange whose large replies are limited together. All projects of an instance should share it. */
export function createCceRequestSender(monotonic: () => number): SendCceRequest {
  const oneAtATime = createMutex();
  const largeUrls = new Set<string>();
  return async (request, endAt, read) => {
    const exchangeUpTo = (maxBytes: number) =>
      sendRequestForText({ ...request, maxBytes, deadlineMs: endAt - monotonic() });
    const { href } = request.url;
    if (!largeUrls.has(href)) {
      const result = await exchangeUpTo(SMALL_BYTES);
      // A long reply with another status is an error page of a gateway. Its first bytes are enough.
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
 * Returns an upper bound for the number of values in a JSON text. Each value except the first of an array or object
 * follows a comma. The text is not parsed, because parsed values take up to twenty times the memory of the text.
 */
function countValues(json: string): number {
  let count = 1;
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code === COMMA || code === OPENING_BRACE || code === OPENING_BRACKET) count += 1;
  }
  return count;
}

/** Creates a function that runs one piece of work at a time, in the order of the calls. */
export function createMutex(): <T>(work: () => Promise<T>) => Promise<T> {
  let previous: Promise<void> = Promise.resolve();
  return (work) => {
    const result = previous.then(work);
    // The result is dropped here, because it may be large.
    previous = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  };
}
