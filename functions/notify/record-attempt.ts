import type { AttemptResult } from "../../lib/channels/deliver.ts";
import { nextAttempt } from "../../lib/channels/retry-schedule.ts";
import { isCallback } from "../../lib/channels/targets.ts";
import type { Settings } from "../../lib/config/settings.ts";
import type { DeliveryState, Instant } from "../../lib/domain/job.ts";
import type { NotificationLedger, DeliveryRecord as Standing } from "../../lib/ledger/notification-ledger.ts";
import type { TargetLedger } from "../../lib/ledger/target-ledger.ts";
import { type Queue, sendAll } from "../../lib/queue/queue.ts";
import type { Disposition, ReceivedMessage } from "../../lib/runtime/sqs-handler.ts";
import type { Notification } from "./resolve-notification.ts";

/** SQS hides a message for 12 h counted from its receipt; a minute is left for what we did since. */
const LONGEST_HOLD_SECONDS = 43_200 - 60;
/** What a receiver that throttles and names no wait is taken to ask for. */
const UNNAMED_WAIT_SECONDS = 30;
/**
 * SQS takes a message away, without a reason, that has been received a thousand times (resources/queues.yml). From this
 * receipt on an attempt is the notification's last; the receipts that are left are for burying it.
 */
export const LAST_RECEIPT = 900;

/** Whether this is the last receipt of a message in which its notification may be attempted. */
export const isLastReceipt = ({ receiveCount }: ReceivedMessage): boolean => receiveCount >= LAST_RECEIPT;

export interface NotificationRecordPorts {
  readonly ledger: Pick<NotificationLedger, "recordAttempt" | "markDeadLettered"> &
    Pick<TargetLedger, "throttleTarget" | "switchTargetOff">;
  readonly queue: Pick<Queue, "changeVisibility">;
  readonly dead: Pick<Queue, "send">;
  readonly settings: Settings;
  readonly now: () => Instant;
  readonly random: () => number;
  readonly onAttempt: (
    notification: Notification,
    attempted: AttemptResult,
    state: DeliveryState,
    attempts: number,
  ) => void;
}

/** Keeps what an attempt came to, and does what follows: nothing more, wait for the next, or the dead-letter queue. */
export async function recordAttempt(
  told: Notification,
  delivery: ReceivedMessage,
  standing: Standing,
  attempted: AttemptResult,
  ports: NotificationRecordPorts,
): Promise<Disposition> {
  const { ledger, settings } = ports;
  const { key, redelivery } = told;
  const at = ports.now();
  const { verdict, spent } = attempted;
  const isThrottled = verdict === "retry" && !spent;
  const afterSeconds = attempted.afterSeconds ?? (isThrottled ? UNNAMED_WAIT_SECONDS : null);
  const attempts = standing.attempts + (spent ? 1 : 0);
  const next =
    verdict === "retry" && !isLastReceipt(delivery)
      ? nextAttempt({
          attempts: standing.attempts,
          throttles: standing.throttles,
          throttledMs: at - (standing.throttledSince ?? at),
          spent,
          afterSeconds,
          scheduleSeconds: settings.retry.scheduleSeconds,
          random: ports.random(),
        })
      : null;
  const state: DeliveryState =
    verdict !== "retry" ? verdict : next?.kind === "again" ? "pending" : "exhausted";
  const nextAttemptAt = next?.kind === "again" ? at + next.afterSeconds * 1000 : null;
  // Not until this notification's own next attempt: its place in the schedule is nothing to the others.
  if (isThrottled && afterSeconds !== null) await ledger.throttleTarget(key.target, at + afterSeconds * 1000);
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
  if (recorded === "superseded") return "retry";
  if (state === "delivered") return "acknowledged";
  if (nextAttemptAt !== null) return hide(delivery, nextAttemptAt, ports);
  // A caller's own address ends with its watch's notification: nobody could switch it on again, and other watches may name it.
  if (state === "gone" && attempted.reason !== "target_off" && !isCallback(key.target))
    await ledger.switchTargetOff(key.target, at);
  return deadLetter(told, delivery, state, attempted.reason, ports);
}

/** Leaves a notification in its queue, hidden until then, or for as long as SQS hides a message. */
export async function hide(
  delivery: ReceivedMessage,
  until: Instant,
  ports: Pick<NotificationRecordPorts, "queue" | "now">,
): Promise<Disposition> {
  const seconds = Math.ceil(Math.max(0, until - ports.now()) / 1000);
  await ports.queue.changeVisibility(delivery.receiptHandle, Math.min(seconds, LONGEST_HOLD_SECONDS));
  return "retry";
}

/** Sends a notification that failed for good to the dead-letter queue, with its reason, and marks it as lying there. */
export async function deadLetter(
  { key, redelivery }: Notification,
  delivery: ReceivedMessage,
  state: DeliveryState,
  reason: string,
  ports: NotificationRecordPorts,
): Promise<Disposition> {
  const attributes = { reason: state, detail: reason, target: key.target };
  await sendAll(ports.dead, [{ id: delivery.messageId, body: delivery.body, delaySeconds: 0, attributes }]);
  await ports.ledger.markDeadLettered(key, redelivery);
  return "acknowledged";
}
