import type { AttemptResult } from "../../lib/channels/attempt-delivery.ts";
import { decideNextAttempt, shortenScheduleAfterInvalidHttp } from "../../lib/channels/retry-schedule.ts";
import { isCallbackTargetName } from "../../lib/channels/webhook/target.ts";
import type { Settings } from "../../lib/config/settings.ts";
import type { Clock, DeliveryState, Instant, Random } from "../../lib/domain/job.ts";
import { MAX_POSTPONE_SECONDS } from "../../lib/domain/sqs-limits-and-leases.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import type { DeliveryRecord } from "../../lib/ledger/notification.ts";
import { type Queue, sendAllOrThrow } from "../../lib/queue/queue.ts";
import { log } from "../../lib/runtime/log.ts";
import { logActAndCountIfStop, NO_WATCH } from "../../lib/runtime/log-act.ts";
import { meter } from "../../lib/runtime/metrics.ts";
import type { Disposition, ReceivedMessage } from "../../lib/runtime/sqs-handler.ts";
import { createTruncatedDeadLetter } from "../shared/handle-message-or-dead-letter.ts";
import type { Notification } from "./resolve-notification.ts";

/**
 * The minimum time between two responses "gone" (the target no longer exists) before the service switches the target
 * off. While an operator deploys a target, the target may respond "gone" for a short time.
 */
const CONFIRM_GONE_MS = 60_000;
/** The wait after a response with HTTP status 429 that has no header Retry-After. */
const THROTTLE_SECONDS = 30;
/**
 * After `LAST_ATTEMPT_RECEIVE_COUNT` deliveries by SQS, the service makes only one more delivery attempt. If the last
 * attempt fails, the service sends a dead letter with the reason. After 1000 deliveries, SQS itself would move the
 * message to the dead-letter queue (`resources/queues.yml`). A message that SQS has moved contains no reason.
 */
export const LAST_ATTEMPT_RECEIVE_COUNT = 900;

/**
 * After `GIVE_UP_RECEIVE_COUNT` deliveries of a message by SQS, the service makes no further delivery attempt. The
 * reason: the latest attempts have probably crashed the process.
 */
export const GIVE_UP_RECEIVE_COUNT = LAST_ATTEMPT_RECEIVE_COUNT + 50;

/** Returns true if the next delivery attempt is the last one. */
export function isNextAttemptLast({ receiveCount }: ReceivedMessage): boolean {
  return receiveCount >= LAST_ATTEMPT_RECEIVE_COUNT;
}

export interface RecordAttemptPorts {
  readonly ledger: Pick<
    Ledger,
    | "recordAttemptIfClaimed"
    | "markDeadLettered"
    | "throttleTargetUntilAtLeast"
    | "getOrSetTargetGoneSince"
    | "clearTargetGone"
    | "switchTargetOff"
  >;
  readonly notifyQueue: Pick<Queue, "changeVisibility">;
  readonly deadLetterQueue: Pick<Queue, "send">;
  readonly settings: Settings;
  readonly now: Clock;
  readonly random: Random;
  /** Called after each delivery attempt. */
  readonly onAttempt?: typeof logAndCountAttempt;
  /** Called when the service switches a target off. */
  readonly onAct?: typeof logActAndCountIfStop;
}

/** Data that the function read before the delivery attempt. */
export interface BeforeAttempt {
  /** The time at which the function claimed the notification for this delivery attempt. */
  readonly claimedAt: Instant;
  /** The delivery record of the notification, from the ledger. */
  readonly record: DeliveryRecord;
  /** True if an earlier response of the target was "gone" (the target no longer exists). */
  readonly isMarkedGone: boolean;
  /**
   * The seconds between the end of the job and the first delivery attempt. For a later attempt, `latenessSeconds` is
   * null.
   */
  readonly latenessSeconds: number | null;
}

/**
 * Records the result of a delivery attempt. Depending on the result, the function acknowledges the message, postpones
 * the message, or sends a dead letter. If the target responds "gone" again at least a minute after its first response
 * "gone", the function switches the target off.
 */
export async function recordAttemptAndSettleMessageAndGoneTarget(
  notification: Notification,
  received: ReceivedMessage,
  { claimedAt, record, isMarkedGone, latenessSeconds }: BeforeAttempt,
  result: AttemptResult,
  ports: RecordAttemptPorts,
): Promise<Disposition> {
  const {
    ledger,
    settings,
    now,
    random,
    onAttempt = logAndCountAttempt,
    onAct = logActAndCountIfStop,
  } = ports;
  const { key, redelivery } = notification;
  const at = now();
  const { verdict, reason, status, durationMs, answer } = result;
  const confirmAt =
    verdict === "gone" && reason !== "target_off"
      ? await goneConfirmationTime(notification, claimedAt, at, ledger)
      : null;
  // If a second attempt must confirm the response "gone", the first attempt does not count as a step of the retry
  // schedule.
  const spent = result.spent && confirmAt === null;
  const isThrottled = verdict === "retry" && !spent;
  const afterSeconds = result.afterSeconds ?? (isThrottled ? THROTTLE_SECONDS : null);
  const next =
    verdict === "retry" && !isNextAttemptLast(received)
      ? decideNextAttempt({
          attempts: record.attempts,
          throttles: record.throttles,
          throttledMs: at - (record.throttledSince ?? at),
          spent,
          afterSeconds,
          scheduleSeconds: shortenScheduleAfterInvalidHttp(reason, settings.retry.scheduleSeconds),
          random: random(),
        })
      : null;
  const retryAt = next?.kind === "again" ? at + next.afterSeconds * 1000 : null;
  const nextAttemptAt = confirmAt === null || isNextAttemptLast(received) ? retryAt : confirmAt;
  const finalState = verdict === "retry" ? "exhausted" : verdict;
  const state: DeliveryState = nextAttemptAt === null ? finalState : "pending";
  // If a target throttles requests, all notifications to the target wait. After a failure without throttling, only the
  // failed notification waits.
  if (isThrottled && afterSeconds !== null)
    await ledger.throttleTargetUntilAtLeast(key.target, at + afterSeconds * 1000);
  const recorded = await ledger.recordAttemptIfClaimed({
    key,
    redelivery,
    messageId: received.messageId,
    state,
    spent,
    attempt: { at, verdict, status, durationMs, reason, answer },
    nextAttemptAt,
  });
  const attempts = record.attempts + (spent ? 1 : 0);
  onAttempt(notification, result, { state, attempts, latenessSeconds });
  if (recorded === "superseded") return "retry";
  if (state === "delivered") {
    if (isMarkedGone) await ledger.clearTargetGone(key.target);
    return "acknowledged";
  }
  if (nextAttemptAt !== null) return postponeMessage(received, nextAttemptAt, ports);
  // The service never switches a callback URL off, because nobody could switch it on again.
  const isConfirmed = state === "gone" && reason !== "target_off" && confirmAt === null;
  if (isConfirmed && !isCallbackTargetName(key.target) && (await ledger.switchTargetOff(key.target, at)))
    onAct({ ...NO_WATCH, act: "target_off", who: "service", from: null, targets: [key.target] });
  return deadLetterNotificationOrThrow(notification, received, state, reason, ports);
}

/**
 * Stores the time of the target's first response "gone" (the target no longer exists). Returns the time of the next
 * attempt, which must confirm the response "gone". Returns null if the first response "gone" was at least a minute ago.
 * All notifications to one target use the same stored time. For a callback URL, each notification has its own stored
 * time, because the URL is often valid for only one pipeline run.
 */
async function goneConfirmationTime(
  { key, redelivery }: Notification,
  claimedAt: Instant,
  at: Instant,
  ledger: Pick<Ledger, "getOrSetTargetGoneSince">,
): Promise<Instant | null> {
  const name = isCallbackTargetName(key.target) ? JSON.stringify({ ...key, redelivery }) : key.target;
  const confirmAt = (await ledger.getOrSetTargetGoneSince(name, at)) + CONFIRM_GONE_MS;
  return claimedAt >= confirmAt ? null : confirmAt;
}

/**
 * Makes a message invisible until the time `until`. If SQS does not allow such a long wait, the function uses the
 * longest wait that SQS allows.
 */
export async function postponeMessage(
  { receiptHandle }: ReceivedMessage,
  until: Instant,
  { notifyQueue, now }: Pick<RecordAttemptPorts, "notifyQueue" | "now">,
): Promise<Disposition> {
  const seconds = Math.ceil(Math.max(0, until - now()) / 1000);
  await notifyQueue.changeVisibility(receiptHandle, Math.min(seconds, MAX_POSTPONE_SECONDS));
  return "retry";
}

/**
 * Sends a dead letter that contains the reason, and stores in the ledger that the notification has a dead letter.
 * @throws SendFailedError if the dead-letter queue did not accept the message.
 */
export async function deadLetterNotificationOrThrow(
  { key, redelivery }: Notification,
  received: ReceivedMessage,
  state: DeliveryState,
  reason: string,
  { ledger, deadLetterQueue }: Pick<RecordAttemptPorts, "ledger" | "deadLetterQueue">,
): Promise<Disposition> {
  const attributes = { reason: state, detail: reason, target: key.target };
  await sendAllOrThrow(deadLetterQueue, [createTruncatedDeadLetter(received, attributes)]);
  await ledger.markDeadLettered(key, redelivery);
  return "acknowledged";
}

interface AfterAttempt extends Pick<BeforeAttempt, "latenessSeconds"> {
  readonly state: DeliveryState;
  readonly attempts: number;
}

/**
 * Writes a log line and the metrics about a delivery attempt. The log line contains the name of the target and not its
 * URL.
 * @param after.state the state of the delivery after the attempt
 * @param after.attempts the number of attempts that used a step of the retry schedule
 */
export function logAndCountAttempt(
  { key: { project, jobId, target: name }, redelivery, target }: Notification,
  { verdict, reason, status, durationMs, spent }: AttemptResult,
  { state, attempts, latenessSeconds }: AfterAttempt,
): void {
  const kind = target?.kind ?? "unknown";
  const fields = { project, jobId, target: name, kind, redelivery, attempts };
  log.info("attempt", {
    ...fields,
    verdict,
    reason,
    status,
    durationMs,
    state,
    latenessSeconds,
  });
  meter.add("Attempts", 1, { kind, verdict });
  meter.add("AttemptsFailed", spent && verdict !== "delivered" ? 1 : 0);
  meter.add("AttemptMilliseconds", durationMs, { kind });
  if (state !== "pending") meter.add("Notifications", 1, { kind, state });
  if (state !== "pending" && state !== "delivered") meter.add("DeadLetters", 1);
  if (state === "gone") meter.add("TargetGone", 1);
  if (latenessSeconds !== null) meter.add("NotificationLatenessSeconds", latenessSeconds);
}
