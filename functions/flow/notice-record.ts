import type { Attempted } from "../../lib/deliver/deliver.ts";
import { nextAttempt } from "../../lib/deliver/retry.ts";
import type { DeliveryState, Instant } from "../../lib/job.ts";
import type { NoticeLedger, Delivery as Standing } from "../../lib/ledger/notice-ledger.ts";
import type { TargetLedger } from "../../lib/ledger/target-ledger.ts";
import type { Queue } from "../../lib/queue/queue.ts";
import type { Delivery, Disposition } from "../../lib/runtime/sqs.ts";
import type { Settings } from "../../lib/settings.ts";
import type { Notice } from "./notice-subject.ts";
import { sendAll } from "./send-all.ts";

/** SQS hides a message for 12 h counted from its receipt; a minute is left for what we did since. */
const LONGEST_HOLD_SECONDS = 43_200 - 60;

export interface NoticeRecordPorts {
  readonly ledger: Pick<NoticeLedger, "recordAttempt" | "markBuried"> &
    Pick<TargetLedger, "holdTarget" | "switchOff">;
  readonly queue: Pick<Queue, "hold">;
  readonly dead: Pick<Queue, "send">;
  readonly settings: Settings;
  readonly now: () => Instant;
  readonly random: () => number;
  readonly onAttempt: (notice: Notice, attempted: Attempted, state: DeliveryState, attempts: number) => void;
}

/** Keeps what an attempt came to, and does what follows: nothing more, wait for the next, or the dead-letter queue. */
export async function recordAttempt(
  told: Notice,
  delivery: Delivery,
  standing: Standing,
  attempted: Attempted,
  ports: NoticeRecordPorts,
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

/** Leaves a notice in its queue, hidden until then, or for as long as SQS hides a message. */
export async function hide(
  delivery: Delivery,
  until: Instant,
  ports: Pick<NoticeRecordPorts, "queue" | "now">,
): Promise<Disposition> {
  const seconds = Math.ceil(Math.max(0, until - ports.now()) / 1000);
  await ports.queue.hold(delivery.receiptHandle, Math.min(seconds, LONGEST_HOLD_SECONDS));
  return "kept";
}

/** Sends a notice that failed for good to the dead-letter queue, with its reason, and marks it as lying there. */
export async function bury(
  { key, redelivery }: Notice,
  delivery: Delivery,
  state: DeliveryState,
  reason: string,
  ports: NoticeRecordPorts,
): Promise<Disposition> {
  const attributes = { reason: state, detail: reason, target: key.target };
  await sendAll(ports.dead, [{ id: delivery.messageId, body: delivery.body, delaySeconds: 0, attributes }]);
  await ports.ledger.markBuried(key, redelivery);
  return "acknowledged";
}
