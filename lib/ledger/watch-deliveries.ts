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

/** A slow job, and the notifications about it. The record does not change after it was stored. */
export const SlowRecord = z.object({
  summary: SlowSummary,
  /** The targets that are notified that the job is slow. */
  targets: z.array(z.string()),
  /** The generations in the notification keys. */
  generations: z.record(z.string(), z.int()),
});
export type SlowRecord = Readonly<z.infer<typeof SlowRecord>>;

/** The delivery record of one notification of a watch. */
export interface WatchDelivery extends DeliveryRecord {
  /**
   * The event of the notification. `event` is null as long as the watch has no outcome. The ledger never returns
   * `jobs.digest`, because the notification of a digest belongs to several watches.
   */
  readonly event: `job.${TargetEvent}` | "jobs.digest" | null;
}

/**
 * Returns the delivery records of a watch. First comes one record per target in the order of `watch.targets`, then one
 * record per target that is notified that the job is slow.
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

/** If a notification is late by more than four minutes, its message is probably lost. */
const NOTIFICATION_SLACK_MS = 4 * 60_000;

/**
 * Returns the time when the message of a notification is sent again.
 * @param delivery is null if no message has ever claimed the notification
 * @param sentAt the time when the first message was sent, or 0 if the first message was sent more than a minute ago
 */
export function notificationOverdueAt(delivery: DeliveryRecord | null, sentAt: Instant): Instant {
  return (delivery?.nextAttemptAt ?? sentAt) + NOTIFICATION_SLACK_MS;
}

/** Returns true if a notification was delivered or will not be tried again. */
export function isDeliveryFinal(delivery: DeliveryRecord | null): boolean {
  if (delivery === null || delivery.state === "pending") return false;
  return delivery.state === "delivered" || delivery.deadLettered;
}
