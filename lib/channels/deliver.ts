import { EGRESS_REFUSED, type Instant, type Verdict } from "../domain/job.ts";
import { checkUrl } from "../http/check-url.ts";
import { type Egress, keptEgress } from "../http/egress.ts";
import type { EgressRule } from "../http/egress-rules.ts";
import { exchange } from "../http/guarded-exchange.ts";
import { requestOf } from "./delivery-request.ts";
import { judge } from "./judge.ts";
import { maskAnswer } from "./mask-answer.ts";
import type { DeliveryReason, Judgement, Reply } from "./reasons.ts";
import type { Target } from "./targets.ts";
import { rejected } from "./verdicts.ts";

/** As much of an answer as any receiver needs to say what is wrong. */
const MAX_ANSWER_BYTES = 16_384;

type Document = Readonly<Record<string, unknown>>;

export interface Delivery {
  /** A configured target, or a webhook made of a caller's own URL, then perhaps without secrets. */
  readonly target: Target;
  /** `fallback` is sent in its stead, once, where Slack does not like the blocks. */
  readonly message: { readonly payload: Document; readonly fallback: Document | null };
  /** Stable over all attempts of one notification. */
  readonly webhookId: string;
  readonly now: Instant;
  /** For everything, a second message included. */
  readonly budgetMs: number;
  /** `settings.egress.allow`, best the same array every time: connections are kept per array. */
  readonly allow: readonly string[];
  /** Another way out than the one kept for `allow`. */
  readonly egress?: Egress;
  /** Milliseconds of a clock that never goes back. */
  readonly monotonic?: () => number;
}

export interface Attempted {
  readonly verdict: Verdict;
  readonly status: number | null;
  readonly reason: DeliveryReason;
  readonly afterSeconds: number | null;
  readonly spent: boolean;
  readonly durationMs: number;
  /** The first 200 characters of the answer, secrets masked, in one line. */
  readonly answer: string;
}

interface Judged {
  readonly judgement: Judgement;
  readonly status: number | null;
  readonly body: string;
  readonly cut: boolean;
}

const NO_BODY = { body: "", cut: false } as const;

/** One attempt at one target: built, signed, sent, judged. Never throws, and what it answers holds no secret. */
export async function deliver(delivery: Delivery): Promise<Attempted> {
  const monotonic = delivery.monotonic ?? (() => performance.now());
  const startedAt = monotonic();
  const elapsedMs = () => Math.max(0, monotonic() - startedAt);
  const { judgement, status, body, cut } = await attempt(delivery, elapsedMs);
  return {
    ...judgement,
    status,
    durationMs: Math.round(elapsedMs()),
    answer: maskAnswer(body, delivery.target, cut),
  };
}

async function attempt(delivery: Delivery, elapsedMs: () => number): Promise<Judged> {
  const { payload, fallback } = delivery.message;
  const first = await send(delivery, payload, elapsedMs());
  switch (first.judgement.reason) {
    case "invalid_blocks":
      return fallback === null ? first : await send(delivery, fallback, elapsedMs());
    case "stale_timestamp": {
      const second = await send(delivery, payload, elapsedMs());
      const stale = second.judgement.reason === "stale_timestamp";
      return stale ? { ...second, judgement: rejected("stale_timestamp") } : second;
    }
    default:
      return first;
  }
}

async function send(delivery: Delivery, payload: Document, elapsedMs: number): Promise<Judged> {
  const { target } = delivery;
  const now = Math.floor(delivery.now + elapsedMs);
  const request = requestOf(target, payload, delivery.webhookId, now);
  const egress = delivery.egress ?? keptEgress(delivery.allow, now);
  const checked = checkUrl(request.url, egress.allow);
  if (checked.kind === "refused") return refused(checked.rule);
  const result = await exchange({
    connections: egress.connections,
    url: checked.url,
    method: "POST",
    headers: request.headers,
    body: request.body,
    deadlineMs: delivery.budgetMs - elapsedMs,
    maxBytes: MAX_ANSWER_BYTES,
  });
  switch (result.kind) {
    case "answer": {
      const { status, headers } = result;
      const body = result.body.toString("utf8");
      const reply: Reply = { status, headers, body, networkCode: null };
      return { judgement: judge(target.kind, reply, now), status, body, cut: result.cut };
    }
    case "failed": {
      if (result.rule !== null) return refused(result.rule);
      const reply: Reply = { status: result.status, headers: {}, body: "", networkCode: result.code };
      return { judgement: judge(target.kind, reply, now), status: result.status, ...NO_BODY };
    }
    default:
      return result satisfies never;
  }
}

function refused(rule: EgressRule): Judged {
  const reply: Reply = { status: null, headers: {}, body: "", networkCode: EGRESS_REFUSED };
  return { judgement: { ...judge("webhook", reply, 0), reason: rule }, status: null, ...NO_BODY };
}
