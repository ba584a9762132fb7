import type { Attempted } from "../../lib/deliver/deliver.ts";
import { nextAttempt } from "../../lib/deliver/retry.ts";
import type { DeliveryState, Instant } from "../../lib/job.ts";
import type { NoticeLedger, Delivery as Standing } from "../../lib/ledger/notice-ledger.ts";
import type { TargetLedger } from "../../lib/ledger/target-ledger.ts";
import type { Queue } from "../../lib/queue/queue.ts";
import type { Delivery, Disposition } from "../../lib/runtime/sqs.ts";
import type { Settings } from "../../lib/settings.ts";
import type { Target } from "../../lib/targets.ts";
import type { Notice } from "./notice-subject.ts";
import { type TurnPorts, turn } from "./notice-turn.ts";
import { sendAll } from "./send-all.ts";

/** Longer than the function's time limit, shorter than the queue's visibility timeout (see `LOOK_LEASE_MS`). */
export const NOTICE_LEASE_MS = 35_000;
/** What recording and burying may need after an attempt. */
const RECORD_MS = 6_000;
const ATTEMPT_MS = 10_000;
/** SQS hides a message for 12 h counted from its receipt; a minute is left for what we did since. */
const LONGEST_HOLD_SECONDS = 43_200 - 60;

export interface NoticePorts {
  readonly ledger: Pick<NoticeLedger, "claimNotice" | "recordAttempt" | "holdNotice" | "markBuried"> &
    Pick<TargetLedger, "holdTarget" | "switchOff"> &
    TurnPorts["ledger"];
  readonly queue: Pick<Queue, "hold">;
  readonly dead: Pick<Queue, "send">;
  /** One HTTP delivery. Never throws. */
  readonly deliver: (notice: Notice, target: Target, budgetMs: number) => Promise<Attempted>;
  readonly settings: Settings;
  readonly now: () => Instant;
  readonly random: () => number;
  readonly onAttempt: (notice: Notice, attempted: Attempted, state: DeliveryState, attempts: number) => void;
}

/**
 * One notice's turn: claim it, wait for the target's pace, make one attempt, record what became of it. While it has
 * to wait it stays in the queue, hidden. What will never be delivered goes to the dead-letter queue with its reason.
 */
export async function notice(
  told: Notice,
  delivery: Delivery,
  remainingMs: () => number,
  ports: NoticePorts,
): Promise<Disposition> {
  if (budgetOf(remainingMs) <= 0) return "kept";
  const { ledger } = ports;
  const { key, redelivery } = told;
  const { messageId } = delivery;
  const now = ports.now();
  const lease = { messageId, now, leaseMs: NOTICE_LEASE_MS, expiresAt: told.expiresAt };
  const claim = await ledger.claimNotice({ key, redelivery, ...lease });
  switch (claim.kind) {
    case "claimed":
      break;
    case "stale":
    case "theirs":
      return "acknowledged";
    case "mine":
      return "kept";
    case "early":
      return hide(delivery, claim.until, ports);
    case "unburied":
      return bury(told, delivery, claim.state, claim.reason, ports);
    default:
      return claim satisfies never;
  }

  const waits = await turn(told, claim.delivery, now, ports);
  if (waits !== null) {
    await ledger.holdNotice({ key, redelivery, messageId, ...waits });
    return hide(delivery, waits.until, ports);
  }
  const attempted = await attempt(told, remainingMs, ports);
  if (attempted === null) return "kept";
  return record(told, delivery, claim.delivery, attempted, ports);
}

function budgetOf(remainingMs: () => number): number {
  return Math.min(ATTEMPT_MS, remainingMs() - RECORD_MS);
}

const NOT_ATTEMPTED = { status: null, afterSeconds: null, spent: false, durationMs: 0, answer: "" } as const;

/** Null when there is no time for it any more. */
async function attempt(
  told: Notice,
  remainingMs: () => number,
  ports: NoticePorts,
): Promise<Attempted | null> {
  if (told.target === null) return { ...NOT_ATTEMPTED, verdict: "rejected", reason: "target_unknown" };
  const { offSince } = await ports.ledger.readTarget(told.key.target);
  if (offSince !== null) return { ...NOT_ATTEMPTED, verdict: "gone", reason: "target_off" };
  // Asked again, right before the request: an instance that was frozen since its claim may hold a lease long ended.
  const budgetMs = budgetOf(remainingMs);
  return budgetMs <= 0 ? null : ports.deliver(told, told.target, budgetMs);
}

async function record(
  told: Notice,
  delivery: Delivery,
  standing: Standing,
  attempted: Attempted,
  ports: NoticePorts,
): Promise<Disposition> {
  const { ledger, settings } = ports;
  const { key, redelivery } = told;
  const at = ports.now();
  const { verdict, spent, afterSeconds } = attempted;
  const attempts = standing.attempts + (spent ? 1 : 0);
  const next =
    verdict === "retry"
      ? nextAttempt({
          attempts: standing.attempts,
          spent,
          afterSeconds,
          scheduleSeconds: settings.retry.scheduleSeconds,
          random: ports.random(),
        })
      : null;
  const state: DeliveryState =
    verdict !== "retry" ? verdict : next?.kind === "again" ? "pending" : "exhausted";
  const nextAttemptAt = next?.kind === "again" ? at + next.afterSeconds * 1000 : null;
  if (verdict === "retry" && !spent && nextAttemptAt !== null)
    await ledger.holdTarget(key.target, nextAttemptAt);
  const recorded = await ledger.recordAttempt({
    key,
    redelivery,
    messageId: delivery.messageId,
    state,
    spent,
    attempt: {
      at,
      verdict,
      status: attempted.status,
      durationMs: attempted.durationMs,
      reason: attempted.reason,
      answer: attempted.answer,
    },
    nextAttemptAt,
  });
  ports.onAttempt(told, attempted, state, attempts);
  if (recorded === "superseded") return "kept";
  if (state === "delivered") return "acknowledged";
  if (nextAttemptAt !== null) return hide(delivery, nextAttemptAt, ports);
  if (state === "gone" && attempted.reason !== "target_off") await ledger.switchOff(key.target, at);
  return bury(told, delivery, state, attempted.reason, ports);
}

async function hide(delivery: Delivery, until: Instant, ports: NoticePorts): Promise<Disposition> {
  const seconds = Math.ceil(Math.max(0, until - ports.now()) / 1000);
  await ports.queue.hold(delivery.receiptHandle, Math.min(seconds, LONGEST_HOLD_SECONDS));
  return "kept";
}

async function bury(
  { key, redelivery }: Notice,
  delivery: Delivery,
  state: DeliveryState,
  reason: string,
  ports: NoticePorts,
): Promise<Disposition> {
  const attributes = { reason: state, detail: reason, target: key.target };
  await sendAll(ports.dead, [{ id: delivery.messageId, body: delivery.body, delaySeconds: 0, attributes }]);
  await ports.ledger.markBuried(key, redelivery);
  return "acknowledged";
}
