import { type HttpRequest, type HttpResult, sendHttpRequest } from "../http/send-http-request.ts";

/** The maximum size of the replies that are read in parallel. A job with 500 subjobs has about this size. */
const SMALL_BYTES = 256 * 1024;
/** The maximum size of a reply. A job with 20,000 subjobs of 440 to 480 bytes takes 9 to 10 MB. */
export const MAX_BODY_BYTES = 12 * 1024 * 1024;
/**
 * The maximum number of JSON values in a reply, which is enough for about 25,000 subjobs. A reply within the byte limit
 * could contain more values and fill the memory.
 */
export const MAX_VALUES = 600_000;
/** The maximum number of URLs that are remembered as URLs with a large reply. */
const MAX_LARGE_URLS = 1000;

/** An HTTP reply with a body as text, or the code of a network failure. Bytes that are not UTF-8 become U+FFFD. */
export type TextReply =
  | (Omit<Extract<HttpResult, { kind: "answer" }>, "body"> & { readonly body: string })
  | { readonly kind: "failed"; readonly code: string };

/** Sends one request to CCE or IAM, and returns the reply or the network failure. Never throws. */
export async function sendRequestForText(request: HttpRequest): Promise<TextReply> {
  const result = await sendHttpRequest(request);
  if (result.kind === "failed") return { kind: "failed", code: result.code || "UNKNOWN" };
  const body = result.body.toString("utf8");
  freeBuffer(result.body);
  return { ...result, body };
}

/** Frees the memory of a large body at once, because the garbage collector frees a buffer's memory too late. */
function freeBuffer({ buffer, length }: Buffer): void {
  if (length > Buffer.poolSize && buffer instanceof ArrayBuffer) buffer.transfer(0);
}

/**
 * Sends one request to CCE, passes the reply to `read`, and returns the result of `read`. The first request for a large
 * reply stops early, and a second request reads the whole reply. Only one large reply is read at a time, because
 * reading a reply takes several times the reply's size in memory.
 * `endAt` is the deadline on the monotonic clock. The deadline includes the wait for other large replies.
 */
export type SendCceRequest = <T>(
  request: Omit<HttpRequest, "deadlineMs" | "maxBytes">,
  endAt: number,
  read: (result: TextReply | { readonly kind: "too_large" }) => T,
) => Promise<T>;

/** Creates a sender that reads one large reply at a time. All projects should share one sender to limit the memory. */
export function createCceRequestSender(monotonic: () => number): SendCceRequest {
  const oneAtATime = createMutex();
  const largeUrls = new Set<string>();
  return async (request, endAt, read) => {
    const exchangeUpTo = (maxBytes: number) =>
      sendRequestForText({ ...request, maxBytes, deadlineMs: endAt - monotonic() });
    const { href } = request.url;
    if (!largeUrls.has(href)) {
      const result = await exchangeUpTo(SMALL_BYTES);
      // A long reply with a status other than 200 is a gateway's error page. The first bytes of the page are enough.
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
 * Returns an upper bound for the number of values in a JSON text, by counting commas and opening brackets. The text is
 * not parsed, because parsed values take up to twenty times the memory of the text.
 */
function countValues(json: string): number {
  let count = 1;
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code === COMMA || code === OPENING_BRACE || code === OPENING_BRACKET) count += 1;
  }
  return count;
}

/** Creates a function that runs only one piece of work at a time, in the order of the calls. */
export function createMutex(): <T>(work: () => Promise<T>) => Promise<T> {
  let previous: Promise<void> = Promise.resolve();
  return (work) => {
    const result = previous.then(work);
    // `previous` keeps no result, because a result may be large.
    previous = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  };
}
