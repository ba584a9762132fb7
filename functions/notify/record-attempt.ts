import type { AttemptResult } from "../../lib/channels/deliver.ts";
import { decideNextAttempt } from "../../lib/channels/retry-schedule.ts";
import { isCallbackName } from "../../lib/channels/webhook/target.ts";
import type { Settings } from "../../lib/config/settings.ts";
import type { DeliveryState, Instant } from "../../lib/domain/job.ts";
import { SQS_MAX_VISIBILITY_SECONDS } from "../../lib/domain/sqs-limits.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import type { DeliveryRecord } from "../../lib/ledger/notification.ts";
import { type Queue, sendAll } from "../../lib/queue/queue.ts";
import { log } from "../../lib/runtime/log.ts";
import { meter } from "../../lib/runtime/metrics.ts";
import type { Disposition, ReceivedMessage } from "../../lib/runtime/sqs-handler.ts";
import type { Notification } from "./resolve-notification.ts";

/** SQS counts the visibility timeout from the receive. The minute is for the time since then. */
const MAX_POSTPONE_SECONDS = SQS_MAX_VISIBILITY_SECONDS - 60;
/** The wait after an HTTP 429 without a Retry-After header. */
const THROTTLE_SECONDS = 30;
/**
 * SQS moves a message to the dead-letter queue, without a reason, after 1000 receives (resources/queues.yml). From this
 * receive count on, an attempt is the last one. The remaining receives are for the dead letter with the reason.
 */
export const LAST_ATTEMPT_RECEIVE_COUNT = 900;

/** Returns whether an attempt with this message must be the last one. */
export function isLastAttempt({ receiveCount }: ReceivedMessage): boolean {
  return receiveCount >= LAST_ATTEMPT_RECEIVE_COUNT;
}

export interface RecordAttemptPorts {
  readonly ledger: Pick<Ledger, "recordAttempt" | "markDeadLettered" | "throttleTarget" | "switchTargetOff">;
  readonly notifyQueue: Pick<Queue, "changeVisibility">;
  readonly deadLetterQueue: Pick<Queue, "send">;
  readonly settings: Settings;
  readonly now: () => Instant;
  readonly random: () => number;
  /** By default the attempt is logged and counted. */
  readonly onAttempt?: typeof logAttempt;
}

/**
 * Records the result of an attempt. Then acknowledges the message, postpones the next attempt, or sends the notification
 * to the dead-letter queue. A target that is gone is switched off.
 * @param record the delivery record before the attempt.
 */
export async function recordAttempt(
  notification: Notification,
  received: ReceivedMessage,
  record: DeliveryRecord,
  result: AttemptResult,
  ports: RecordAttemptPorts,
): Promise<Disposition> {
  const { ledger, settings, now, random, onAttempt = logAttempt } = ports;
  const { key, redelivery } = notification;
  const at = now();
  const { verdict, spent, reason, status, durationMs, answer } = result;
  const isThrottled = verdict === "retry" && !spent;
  const afterSeconds = result.afterSeconds ?? (isThrottled ? THROTTLE_SECONDS : null);
  const next =
    verdict === "retry" && !isLastAttempt(received)
      ? decideNextAttempt({
          attempts: record.attempts,
          throttles: record.throttles,
          throttledMs: at - (record.throttledSince ?? at),
          spent,
          afterSeconds,
          scheduleSeconds: settings.retry.scheduleSeconds,
          random: random(),
        })
      : null;
  const nextAttemptAt = next?.kind === "again" ? at + next.afterSeconds * 1000 : null;
  const retryState = nextAttemptAt === null ? "exhausted" : "pending";
  const state: DeliveryState = verdict === "retry" ? retryState : verdict;
  // The other notifications to the target wait as long as the receiver asked. The retry schedule is only for this one.
  if (isThrottled && afterSeconds !== null) await ledger.throttleTarget(key.target, at + afterSeconds * 1000);
  const recorded = await ledger.recordAttempt({
    key,
    redelivery,
    messageId: received.messageId,
    state,
    spent,
    attempt: { at, verdict, status, durationMs, reason, answer },
    nextAttemptAt,
  });
  onAttempt(notification, result, state, record.attempts + (spent ? 1 : 0));
  if (recorded === "superseded") return "retry";
  if (state === "delivered") return "acknowledged";
  if (nextAttemptAt !== null) return postpone(received, nextAttemptAt, ports);
  // A callback is never switched off: nobody could switch it on again, and other watches may use the same URL.
  if (state === "gone" && reason !== "target_off" && !isCallbackName(key.target))
    await ledger.switchTargetOff(key.target, at);
  return deadLetter(notification, received, state, reason, ports);
}

/** Makes a message invisible until then, or for as long as SQS allows. */
export async function postpone(
  { receiptHandle }: ReceivedMessage,
  until: Instant,
  { notifyQueue, now }: Pick<RecordAttemptPorts, "notifyQueue" | "now">,
): Promise<Disposition> {
  const seconds = Math.ceil(Math.max(0, until - now()) / 1000);
  await notifyQueue.changeVisibility(receiptHandle, Math.min(seconds, MAX_POSTPONE_SECONDS));
  return "retry";
}

/**
 * Sends a failed notification to the dead-letter queue with its reason, and marks the notification as dead-lettered.
 * @throws SendFailedError when the dead-letter queue does not take the message.
 */
export async function deadLetter(
  { key, redelivery }: Notification,
  { messageId, body }: ReceivedMessage,
  state: DeliveryState,
  reason: string,
  { ledger, deadLetterQueue }: Pick<RecordAttemptPorts, "ledger" | "deadLetterQueue">,
): Promise<Disposition> {
  const attributes = { reason: state, detail: reason, target: key.target };
  await sendAll(deadLetterQueue, [{ id: messageId, body, delaySeconds: 0, attributes }]);
  await ledger.markDeadLettered(key, redelivery);
  return "acknowledged";
}

/**
 * Logs and counts one attempt. The log line has the name of the target and never its URL.
 * @param state the state of the delivery after the attempt
 * @param attempts the number of attempts that count against the retry schedule
 */
export function logAttempt(
  { key: { project, jobId, target: name }, redelivery, target }: Notification,
  { verdict, reason, status, durationMs, spent }: AttemptResult,
  state: DeliveryState,
  attempts: number,
): void {
  const kind = target?.kind ?? "unknown";
  const fields = { project, jobId, target: name, kind, redelivery, attempts };
  log.info("attempt", { ...fields, verdict, reason, status, durationMs, state });
  meter.add("Attempts", 1);
  meter.add("Attempts", 1, { kind, verdict });
  if (spent && verdict !== "delivered") meter.add("AttemptsFailed", 1);
  meter.add("AttemptMilliseconds", durationMs, { kind });
  if (state !== "pending") meter.add("Notifications", 1, { kind, state });
  if (state !== "pending" && state !== "delivered") meter.add("DeadLetters", 1);
  if (state === "gone") meter.add("TargetGone", 1);
}
