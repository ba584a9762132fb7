import type * as z from "zod/mini";
import type { Instant, MonotonicClock } from "../domain/job.ts";
import { type JsonObject, parseJsonOrUndefined } from "../domain/json.ts";
import type { SecretMask } from "../domain/secret-mask.ts";
import { decompressTruncateAndDecodeText } from "../http/decompress-and-decode-text.ts";
import { type Egress, getCachedEgress } from "../http/egress.ts";
import { checkUrlBeforeDns, EgressRefusedError } from "../http/egress-rules.ts";
import type { OutgoingProxy } from "../http/outgoing-proxy.ts";
import { type HttpResult, sendHttpRequest } from "../http/send-http-request.ts";
import { toTlsOptions } from "../http/tls-options.ts";
import {
  delivered,
  rejected,
  verdictOfNetworkError,
  verdictOfRedirectOrTemporaryStatus,
} from "./attempt-verdict.ts";
import type { AttemptVerdict, Channel, NotificationContent, TargetSchema } from "./channel.ts";
import { channelOf, type Target } from "./registry.ts";

/** The service reads at most `MAX_ANSWER_BYTES` bytes of a response. */
const MAX_ANSWER_BYTES = 16_384;

/**
 * The replacement for a response body that the service cannot decode. The replacement text must not be empty, because
 * some chats confirm a delivery with an empty body.
 */
const UNDECODABLE = { text: "\ufffd", isTruncated: true };

/** The time limit of one delivery attempt. A caller may pass a shorter time limit. */
export const ATTEMPT_TIME_LIMIT_MS = 10_000;

export interface DeliveryRequest<T = Target> {
  /** A target from the config, or the webhook target of a `callbackUrl`. */
  readonly target: T;
  readonly content: NotificationContent;
  /** All attempts of the same notification have the same `webhookId`. */
  readonly webhookId: string;
  /** The trace context of the watch (W3C Trace Context). */
  readonly traceparent?: string | null;
  readonly now: Instant;
  /** The time limit for the whole delivery attempt, even if the attempt consists of several requests. */
  readonly timeLimitMs: number;
  /**
   * The value of `settings.egress.allow` in the config. Different calls must pass the same array object, because the
   * function opens new connections for each new array object.
   */
  readonly allow: readonly string[];
  /** Masks the secrets of the config in the response. A `callbackUrl` is masked too. */
  readonly mask: SecretMask;
  /** The HTTP proxy for TLS connections. */
  readonly proxy?: OutgoingProxy | null;
  /** The connections for the request. Without `egress`, the function uses connections from a cache. */
  readonly egress?: Egress | undefined;
  /** Returns milliseconds of a clock that never goes back. */
  readonly monotonic?: MonotonicClock;
}

/** The result of one delivery attempt, without secrets. */
export interface AttemptResult extends AttemptVerdict {
  /** The HTTP status of the response. Without a response, `status` is null. */
  readonly status: number | null;
  readonly durationMs: number;
  /** The first 200 characters of the response as one line. Secrets are masked. */
  readonly answer: string;
}

/**
 * Makes one delivery attempt of a notification. The function formats, signs and sends the notification, and decides
 * whether the service sends the notification again later. The function never throws an error.
 */
export function attemptDeliveryWithFallback(request: DeliveryRequest): Promise<AttemptResult> {
  return attemptDeliveryThroughChannel(channelOf(request.target.kind), request);
}

/** Makes one delivery attempt through a given channel (see `attemptDeliveryWithFallback`). */
export async function attemptDeliveryThroughChannel<Schema extends TargetSchema>(
  channel: Channel<Schema>,
  request: DeliveryRequest<z.infer<Schema>>,
): Promise<AttemptResult> {
  const { monotonic = () => performance.now() } = request;
  const startedAt = monotonic();
  const elapsedMs = () => Math.max(0, monotonic() - startedAt);
  const send = (payload: JsonObject) => sendOnce(channel, request, payload, elapsedMs());
  const { payload, fallback } = channel.format(request.content, request.target);
  let result = await send(payload);
  if (result.reason === "stale_timestamp") {
    // The second request needs a new signature, because a signature contains the time of the request.
    result = await send(payload);
    if (result.reason === "stale_timestamp") result = { ...result, ...rejected("stale_timestamp") };
  }
  if (result.reason === "payload_refused" && fallback !== null) {
    result = await send(fallback);
    if (result.verdict === "delivered") result = { ...result, ...delivered("simpler_form") };
  }
  return { ...result, durationMs: Math.round(elapsedMs()) };
}

async function sendOnce<Schema extends TargetSchema>(
  channel: Channel<Schema>,
  {
    target,
    webhookId,
    traceparent,
    now: startedAt,
    timeLimitMs,
    allow,
    mask,
    proxy,
    egress,
  }: DeliveryRequest<z.infer<Schema>>,
  payload: JsonObject,
  elapsedMs: number,
): Promise<Omit<AttemptResult, "durationMs">> {
  const now = Math.floor(startedAt + elapsedMs);
  const { url, headers, body } = channel.buildRequest(target, payload, { webhookId, traceparent, now });
  const connections = egress ?? getCachedEgress(allow, now, proxy);
  const checked = checkUrlBeforeDns(url, connections.allow);
  if (checked.kind === "refused") return { ...rejected(checked.rule), status: null, answer: "" };
  const result = await sendHttpRequest({
    connections,
    url: checked.url,
    tls: toTlsOptions(target),
    method: "POST",
    headers,
    body,
    timeLimitMs: timeLimitMs - elapsedMs,
    maxBytes: MAX_ANSWER_BYTES,
  });
  if (result.kind === "failed") {
    const failure = await verdictOfFailure(channel, result, now);
    return { ...failure, status: result.status, answer: "" };
  }
  const { status, headers: answerHeaders } = result;
  // If the body cannot be decoded, the verdict depends only on the HTTP status and the headers.
  const decoded = (await decompressTruncateAndDecodeText(result, MAX_ANSWER_BYTES)) ?? UNDECODABLE;
  const verdict = channel.verdictOf({ status, headers: answerHeaders, body: decoded.text }, now);
  const answer = maskedAnswerExcerpt(decoded, mask);
  return { ...verdict, status, answer };
}

/**
 * Returns the verdict for a request without a complete response. For a webhook, the HTTP status alone determines the
 * verdict. For a chat, the HTTP status determines the verdict only if it has the same meaning in all chats. An
 * incomplete response body of a chat may confirm the delivery. An incomplete response body never proves an error,
 * because the error code may be missing. If the body is the beginning of a JSON object, the function reads only the
 * complete fields of the object.
 */
async function verdictOfFailure<Schema extends TargetSchema>(
  channel: Channel<Schema>,
  { code, error, status, headers, body }: Extract<HttpResult, { kind: "failed" }>,
  now: Instant,
): Promise<AttemptVerdict> {
  if (error instanceof EgressRefusedError) return rejected(error.rule);
  if (status === null) return verdictOfNetworkError(code);
  const part = await decompressTruncateAndDecodeText({ headers, body, isTruncated: true }, MAX_ANSWER_BYTES);
  const verdictOfBody = (text: string) => channel.verdictOf({ status, headers, body: text }, now);
  const text = part?.text || UNDECODABLE.text;
  const verdictOfPart = verdictOfBody(text);
  const verdict =
    verdictOfPart.verdict === "delivered" ? verdictOfPart : verdictOfBody(completeJsonObject(text));
  const isKnown =
    !channel.isChat ||
    verdict.verdict === "delivered" ||
    verdictOfRedirectOrTemporaryStatus(status, null) !== null;
  return isKnown ? verdict : verdictOfNetworkError(code);
}

/**
 * Completes the beginning of a JSON object: `{"code":0,"ms` becomes `{"code":0}`. The function does not change an
 * incomplete object inside another object or array.
 */
function completeJsonObject(text: string): string {
  if (!text.trimStart().startsWith("{") || parseJsonOrUndefined(text.trim()) !== undefined) return text;
  const completed = `${text.slice(0, text.lastIndexOf(","))}}`.trim();
  return parseJsonOrUndefined(completed) === undefined ? text : completed;
}

const MAX_CHARACTERS = 200;

/**
 * Returns the beginning of a response as one line without secrets. Logs and pages show the beginning of a response.
 * `isTruncated` is true if the service has read only a part of the response.
 */
export function maskedAnswerExcerpt(
  { text, isTruncated }: { readonly text: string; readonly isTruncated: boolean },
  mask: SecretMask,
): string {
  // The code first masks secrets and then replaces line breaks by spaces. The reason: the mask finds a secret with a
  // line break, but not with a space in place of the line break.
  const masked = mask(text);
  // The mask finds only complete secrets, but a truncated response may end inside a secret. The function therefore
  // omits the last three quarters of a truncated response. Every secret is shorter than the omitted part.
  const line = masked
    .slice(0, isTruncated ? masked.length / 4 : undefined)
    .replace(/[\r\n\t\u2028\u2029]+/g, " ")
    .replace(/\p{C}/gu, "");
  return [...line.trim()].slice(0, MAX_CHARACTERS).join("");
}
