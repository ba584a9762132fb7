import type { AttemptResult } from "../../lib/channels/deliver.ts";
import { isCallback, type Target } from "../../lib/channels/targets.ts";
import type { NotificationLedger } from "../../lib/ledger/notification-ledger.ts";
import type { TargetLedger, TargetState } from "../../lib/ledger/target-ledger.ts";
import type { Disposition, ReceivedMessage } from "../../lib/runtime/sqs-handler.ts";
import { type TurnPorts, turn } from "./acquire-target.ts";
import {
  deadLetter,
  hide,
  isLastReceipt,
  type NotificationRecordPorts,
  recordAttempt,
} from "./record-attempt.ts";
import type { Notification } from "./resolve-notification.ts";

/** Longer than the function's time limit, shorter than the queue's visibility timeout (see `POLL_LEASE_MS`). */
export const NOTIFICATION_LEASE_MS = 35_000;
/** What recording and burying may need after an attempt. */
const RECORD_MS = 6_000;
const ATTEMPT_MS = 10_000;
/** So often a notification comes back as soon as it may have its turn: a burst is told in minutes. */
const PROMPT_TURNS = 30;
/** One that still waits comes back ever later, up to so long, so that its receipts last for more than a day. */
const MAX_TURN_SECONDS = 120;

export interface NotificationPorts extends NotificationRecordPorts {
  readonly ledger: NotificationRecordPorts["ledger"] &
    Pick<NotificationLedger, "claimNotification" | "postponeNotification"> &
    Pick<TargetLedger, "readTarget"> &
    TurnPorts["ledger"];
  /** One HTTP delivery. Never throws. */
  readonly deliver: (notification: Notification, target: Target, budgetMs: number) => Promise<AttemptResult>;
}

/**
 * One notification's turn: claim it, wait for the target's pace, make one attempt, record what became of it. While it has
 * to wait it stays in the queue, hidden. What will never be delivered goes to the dead-letter queue with its reason.
 */
export async function notification(
  told: Notification,
  delivery: ReceivedMessage,
  ports: NotificationPorts,
): Promise<Disposition> {
  if (budgetOf(delivery.remainingMs) <= 0) return "retry";
  const { ledger } = ports;
  const { key, redelivery } = told;
  const { messageId } = delivery;
  const now = ports.now();
  const lease = { messageId, now, leaseMs: NOTIFICATION_LEASE_MS, expiresAt: told.expiresAt };
  const claim = await ledger.claimNotification({ key, redelivery, ...lease });
  switch (claim.kind) {
    case "claimed":
      break;
    case "stale":
    case "other_owner":
      return "acknowledged";
    case "own_lease":
      return "retry";
    case "not_due":
      return hide(delivery, claim.until, ports);
    case "needs_dead_letter":
      return deadLetter(told, delivery, claim.state, claim.reason, ports);
    default:
      return claim satisfies never;
  }

  const known = await ledger.readTarget(key.target);
  // Release 0.1 switched callbacks off as well, and nobody could switch one on again.
  const state = isCallback(key.target) ? { ...known, offSince: null } : known;
  const waits = isLastReceipt(delivery)
    ? null
    : await turn(told, { standing: claim.record, state, now }, ports);
  if (waits !== null) {
    const leastSeconds = Math.min(delivery.receiveCount - PROMPT_TURNS, MAX_TURN_SECONDS);
    const until = Math.max(waits.until, now + leastSeconds * 1000);
    await ledger.postponeNotification({ key, redelivery, messageId, ...waits, until });
    return hide(delivery, until, ports);
  }
  const attempted = await attempt(told, state, delivery.remainingMs, ports);
  if (attempted === null) return "retry";
  return recordAttempt(told, delivery, claim.record, attempted, ports);
}

function budgetOf(remainingMs: () => number): number {
  return Math.min(ATTEMPT_MS, remainingMs() - RECORD_MS);
}

const NOT_ATTEMPTED = { status: null, afterSeconds: null, spent: false, durationMs: 0, answer: "" } as const;

/** Null when there is no time for it any more. */
async function attempt(
  told: Notification,
  { offSince }: TargetState,
  remainingMs: () => number,
  ports: NotificationPorts,
): Promise<AttemptResult | null> {
  if (told.target === null) return { ...NOT_ATTEMPTED, verdict: "rejected", reason: "target_unknown" };
  if (offSince !== null) return { ...NOT_ATTEMPTED, verdict: "gone", reason: "target_off" };
  // Asked again, right before the request: an instance that was frozen since its claim may hold a lease long ended.
  const budgetMs = budgetOf(remainingMs);
  return budgetMs <= 0 ? null : ports.deliver(told, told.target, budgetMs);
}
