import * as z from "zod/mini";
import type { Instant, TargetEvent, WatchGeneration, WatchState } from "../domain/job.ts";
import { SlowSummary } from "../domain/slow-summary.ts";
import {
  createNotificationKey,
  createPendingDeliveryRecord,
  type DeliveryRecord,
  type NotificationGenerations,
  type NotificationKey,
} from "./notification.ts";

/**
 * If a poll is later than `POLL_OVERDUE_MS`, its queue message is probably lost. In normal operation, the queue and a
 * cold start delay a poll by less than `POLL_OVERDUE_MS`.
 */
const POLL_OVERDUE_MS = 30_000;
/**
 * If a poll or notification is 15 minutes late, it is stuck. Within 15 minutes, the sweep function has sent a new queue
 * message at least twice without effect. The alarm `overdue` counts the runs of the sweep function that find a stuck
 * poll or notification.
 */
export const STUCK_MS = 15 * 60_000;

/**
 * The sweep function checks the notifications of a watch `DELIVERIES_OVERDUE_MS` after the end of the watch. Most
 * notifications are delivered within `DELIVERIES_OVERDUE_MS`.
 */
const DELIVERIES_OVERDUE_MS = 60_000;

/**
 * The data of the notifications about a slow job. All notifications about the slow job contain the same summary. The
 * ledger never changes a stored record.
 */
export const SlowRecord = z.lazy(() =>
  z.object({
    summary: SlowSummary,
    /** The targets that the service notifies of the slow job. */
    targets: z.array(z.string()),
    /** The generations for the keys of the notifications about the slow job. */
    generations: z.record(z.string(), z.int()),
  }),
);
export type SlowRecord = Readonly<z.infer<typeof SlowRecord>>;

export interface WatchDelivery extends DeliveryRecord {
  /**
   * The event of the notification. `event` is null until the watch has an outcome. The ledger never returns
   * `jobs.digest`, because a digest (one message about several jobs) belongs to several watches.
   */
  readonly event: `job.${TargetEvent}` | "jobs.digest" | null;
}

/**
 * Returns the delivery records of a watch. The first records are about the outcome, one for each target in
 * `watch.targets`. The other records are about the slow job, one for each target in `slow.targets`.
 * @param readRecord returns a stored record, or null
 */
export function listDeliveries(
  watch: WatchGeneration & { readonly state: WatchState; readonly targets: readonly string[] },
  generations: NotificationGenerations,
  slow: SlowRecord | null,
  readRecord: (key: NotificationKey) => DeliveryRecord | null,
): readonly WatchDelivery[] {
  const { state } = watch;
  const outcome = state === "watching" || state === "stopped" ? null : state;
  const deliveryOf = (event: WatchDelivery["event"], own: NotificationGenerations, target: string) => {
    const stored = event === null ? null : readRecord(createNotificationKey(watch, own, event, target));
    return { ...(stored ?? createPendingDeliveryRecord(target)), event };
  };
  return [
    ...watch.targets.map((target) =>
      deliveryOf(outcome === null ? null : `job.${outcome}`, generations, target),
    ),
    ...(slow?.targets ?? []).map((target) => deliveryOf("job.slow", slow?.generations ?? {}, target)),
  ];
}

/** After `NOTIFICATION_SLACK_MS`, the queue message of a notification is probably lost. */
const NOTIFICATION_SLACK_MS = 4 * 60_000;

/**
 * Returns the time at which the service must replace the queue message of an undelivered notification.
 * @param delivery the record, or null if no queue message has claimed the notification
 * @param sentAt the time when the service sent the first queue message, or 0 if that was more than a minute ago
 */
export function notificationOverdueAt(delivery: DeliveryRecord | null, sentAt: Instant): Instant {
  return (delivery?.nextAttemptAt ?? sentAt) + NOTIFICATION_SLACK_MS;
}

/** Returns true if the notification was delivered or will not be tried again. */
export function isDeliveredOrDeadLettered(delivery: DeliveryRecord | null): boolean {
  if (delivery === null || delivery.state === "pending") return false;
  return delivery.state === "delivered" || delivery.deadLettered;
}

/**
 * Returns the time at which the sweep function replaces the queue message of a poll. The poll is planned for
 * `nextPollAt`.
 */
export function pollOverdueAt(nextPollAt: Instant): Instant {
  return nextPollAt + POLL_OVERDUE_MS;
}

/**
 * Rounds a time up to the last millisecond before the next run of the sweep function. Runs start at multiples of
 * `sweepIntervalMs`. The sweep function finds the same overdue watches with rounded times.
 */
export function roundUpToLastMsBeforeSweep(at: Instant, sweepIntervalMs: number): Instant {
  return Math.floor(at / sweepIntervalMs) * sweepIntervalMs + sweepIntervalMs - 1;
}

/**
 * Returns the time at which the sweep function checks the notifications of an ended watch.
 * @param endedOrTargetAddedAt the time when the watch ended, or when a caller added a target to the ended watch.
 */
export function deliveriesOverdueAt(endedOrTargetAddedAt: Instant): Instant {
  return endedOrTargetAddedAt + DELIVERIES_OVERDUE_MS;
}
