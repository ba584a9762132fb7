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

/** The stored record of a slow job and of the notifications about this job. A stored record never changes. */
export const SlowRecord = z.object({
  summary: SlowSummary,
  /** The targets that get a notification that the job is slow. */
  targets: z.array(z.string()),
  /** The generations in the keys of these notifications, as in `NotificationGenerations`. */
  generations: z.record(z.string(), z.int()),
});
export type SlowRecord = Readonly<z.infer<typeof SlowRecord>>;

export interface WatchDelivery extends DeliveryRecord {
  /**
   * The event of the notification. `event` is null until the watch has an outcome. The ledger never returns the event
   * `jobs.digest`, because a digest (one message about several jobs) belongs to several watches.
   */
  readonly event: `job.${TargetEvent}` | "jobs.digest" | null;
}

/**
 * Returns the delivery records of a watch. The first records are for the outcome, one for each target in the order of
 * `watch.targets`. The other records are for a slow job, one for each target in `slow`.
 * @param readRecord returns the stored delivery record of a notification, or null
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

/** If a notification is late by more than four minutes, its queue message is probably lost. */
const NOTIFICATION_SLACK_MS = 4 * 60_000;

/**
 * Returns the time from which the service sends the queue message of an undelivered notification again.
 * @param delivery the delivery record, or null if no queue message has ever claimed the notification
 * @param sentAt the time when the first queue message of the notification was sent, or 0 if that was more than a minute
 * ago
 */
export function notificationOverdueAt(delivery: DeliveryRecord | null, sentAt: Instant): Instant {
  return (delivery?.nextAttemptAt ?? sentAt) + NOTIFICATION_SLACK_MS;
}

/** Returns true if a notification was delivered, or if the service will not try to deliver the notification again. */
export function isDeliveryFinal(delivery: DeliveryRecord | null): boolean {
  if (delivery === null || delivery.state === "pending") return false;
  return delivery.state === "delivered" || delivery.deadLettered;
}
