import type * as z from "zod/mini";
import type { Instant } from "../domain/job.ts";
import type { JsonObject } from "../domain/json.ts";
import { checkUrl } from "../http/check-url.ts";
import { type Egress, openOrReuseEgress } from "../http/egress.ts";
import { EgressRefusedError } from "../http/egress-rules.ts";
import { sendHttpRequest } from "../http/send-http-request.ts";
import { rejected, verdictOfNetworkError } from "./attempt-verdict.ts";
import type { AttemptVerdict, Channel, NotificationContent, TargetSchema } from "./channel.ts";
import { maskAnswer } from "./mask-answer.ts";
import { channelOf, type Target } from "./registry.ts";

/** The start of an answer is enough to see what is wrong. */
const MAX_ANSWER_BYTES = 16_384;

export interface DeliveryRequest<T = Target> {
  /** A configured target, or a webhook made from a caller's `callbackUrl`. */
  readonly target: T;
  readonly content: NotificationContent;
  /** The same for all attempts of one notification. */
  readonly webhookId: string;
  readonly now: Instant;
  /** For the whole attempt, including a second message. */
  readonly timeLimitMs: number;
  /** `settings.egress.allow`. Connections are kept per array, so pass the same array each time. */
  readonly allow: readonly string[];
  /** Replaces the kept connections of `allow`. */
  readonly egress?: Egress | undefined;
  /** A clock that never goes back, in milliseconds. */
  readonly monotonic?: () => number;
}

/** What one attempt came to. Contains no secret. */
export interface AttemptResult extends AttemptVerdict {
  /** The HTTP status. Null: none arrived. */
  readonly status: number | null;
  readonly durationMs: number;
  /** The first 200 characters of the answer in one line, with secrets masked. */
  readonly answer: string;
}

/** Makes one attempt to deliver a notification: formats, signs, sends and decides. Never throws. */
export function deliver(request: DeliveryRequest): Promise<AttemptResult> {
  return deliverThrough(channelOf(request.target.kind), request);
}

/** Makes one attempt through the given channel. Never throws. */
export async function deliverThrough<Schema extends TargetSchema>(
  channel: Channel<Schema>,
  request: DeliveryRequest<z.infer<Schema>>,
): Promise<AttemptResult> {
  const { monotonic = () => performance.now() } = request;
  const startedAt = monotonic();
  const elapsedMs = () => Math.max(0, monotonic() - startedAt);
  const send = (payload: JsonObject) => sendOnce(channel, request, payload, elapsedMs());
  const { payload, fallback } = channel.format(request.content, request.target);
  let result = await send(payload);
  if (result.reason === "invalid_blocks" && fallback !== null) {
    result = await send(fallback);
  } else if (result.reason === "stale_timestamp") {
    // The second request is signed for a later instant.
    result = await send(payload);
    if (result.reason === "stale_timestamp") result = { ...result, ...rejected("stale_timestamp") };
  }
  return { ...result, durationMs: Math.round(elapsedMs()) };
}

async function sendOnce<Schema extends TargetSchema>(
  channel: Channel<Schema>,
  { target, webhookId, now: startedAt, timeLimitMs, allow, egress }: DeliveryRequest<z.infer<Schema>>,
  payload: JsonObject,
  elapsedMs: number,
): Promise<Omit<AttemptResult, "durationMs">> {
  const now = Math.floor(startedAt + elapsedMs);
  const { url, headers, body } = channel.buildRequest(target, payload, { webhookId, now });
  const connections = egress ?? openOrReuseEgress(allow, now);
  const checked = checkUrl(url, connections.allow);
  if (checked.kind === "refused") return { ...rejected(checked.rule), status: null, answer: "" };
  const result = await sendHttpRequest({
    connections,
    url: checked.url,
    method: "POST",
    headers,
    body,
    deadlineMs: timeLimitMs - elapsedMs,
    maxBytes: MAX_ANSWER_BYTES,
  });
  if (result.kind === "failed") {
    const verdict =
      result.error instanceof EgressRefusedError
        ? rejected(result.error.rule)
        : verdictOfNetworkError(result.code);
    return { ...verdict, status: result.status, answer: "" };
  }
  const { status, isTruncated } = result;
  const text = result.body.toString("utf8");
  const verdict = channel.verdictOf({ status, headers: result.headers, body: text }, now);
  const answer = maskAnswer({ text, isTruncated }, target.url.reveal(), channel.secretsOf(target));
  return { ...verdict, status, answer };
}
