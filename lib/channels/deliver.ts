import type { Instant } from "../domain/job.ts";
import type { JsonObject } from "../domain/json.ts";
import type { Secret } from "../domain/secret.ts";
import { checkUrl } from "../http/check-url.ts";
import { type Egress, keptEgress } from "../http/egress.ts";
import { EgressRefusedError } from "../http/egress-rules.ts";
import { exchange } from "../http/exchange.ts";
import { networkVerdict, rejected } from "./attempt-verdict.ts";
import type { AttemptVerdict, Channel } from "./channel.ts";
import { maskAnswer } from "./mask-answer.ts";
import type { NotificationContent } from "./notification-content.ts";
import { channelOf } from "./registry.ts";
import type { Target } from "./targets.ts";

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
  return deliverThrough(channelOf(request.target), request);
}

/** As `deliver`, through a given channel. */
export async function deliverThrough<T extends { readonly url: Secret }>(
  channel: Channel<T>,
  request: DeliveryRequest<T>,
): Promise<AttemptResult> {
  const { target, content } = request;
  const monotonic = request.monotonic ?? (() => performance.now());
  const startedAt = monotonic();
  const elapsedMs = () => Math.max(0, monotonic() - startedAt);
  const message = channel.format(content, target);
  const send = (payload: JsonObject) => sendOnce(channel, request, payload, elapsedMs());
  let sent = await send(message.payload);
  if (sent.verdict.reason === "invalid_blocks" && message.fallback !== null) {
    sent = await send(message.fallback);
  } else if (sent.verdict.reason === "stale_timestamp") {
    // The second message is signed for a later instant.
    sent = await send(message.payload);
    if (sent.verdict.reason === "stale_timestamp") sent = { ...sent, verdict: rejected("stale_timestamp") };
  }
  const { verdict, status, body, isTruncated } = sent;
  const answer = maskAnswer({
    answer: body,
    isTruncated,
    targetUrl: target.url.reveal(),
    secrets: channel.secretsOf(target),
  });
  return { ...verdict, status, durationMs: Math.round(elapsedMs()), answer };
}

interface SentMessage {
  readonly verdict: AttemptVerdict;
  readonly status: number | null;
  readonly body: string;
  readonly isTruncated: boolean;
}

async function sendOnce<T extends { readonly url: Secret }>(
  channel: Channel<T>,
  { target, webhookId, now: startedAt, timeLimitMs, allow, egress }: DeliveryRequest<T>,
  payload: JsonObject,
  elapsedMs: number,
): Promise<SentMessage> {
  const now = Math.floor(startedAt + elapsedMs);
  const { url, headers, body } = channel.request(target, payload, { webhookId, now });
  const { allow: allowList, connections } = egress ?? keptEgress(allow, now);
  const checked = checkUrl(url, allowList);
  if (checked.kind === "refused") return withoutAnswer(rejected(checked.rule), null);
  const result = await exchange({
    connections,
    url: checked.url,
    method: "POST",
    headers,
    body,
    deadlineMs: timeLimitMs - elapsedMs,
    maxBytes: MAX_ANSWER_BYTES,
  });
  switch (result.kind) {
    case "answer": {
      const answer = { status: result.status, headers: result.headers, body: result.body.toString("utf8") };
      const verdict = channel.verdictOf(answer, now);
      return { verdict, status: answer.status, body: answer.body, isTruncated: result.isTruncated };
    }
    case "failed":
      return result.error instanceof EgressRefusedError
        ? withoutAnswer(rejected(result.error.rule), null)
        : withoutAnswer(networkVerdict(result.code), result.status);
    default:
      return result satisfies never;
  }
}

function withoutAnswer(verdict: AttemptVerdict, status: number | null): SentMessage {
  return { verdict, status, body: "", isTruncated: false };
}
