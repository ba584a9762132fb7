import type { Config } from "../../lib/config/config.ts";
import { type DeliveryRecord, notificationKey } from "../../lib/ledger/notification.ts";
import type { WatchDocument } from "../../lib/ledger/watch.ts";
import { createNotificationMessage } from "../../lib/queue/messages.ts";
import type { OutgoingMessage } from "../../lib/queue/queue.ts";
import { isSubscribedToSlowOrRemoved } from "./notification-targets.ts";

/** A notification that was sent and may be overdue. */
export interface ResendableNotification {
  /** The value is null if no message has ever claimed the notification. */
  readonly delivery: DeliveryRecord | null;
  /** The message that sends the notification again. */
  readonly message: OutgoingMessage;
}

/**
 * Returns the notifications about a slow job. A target whose setting `on` no longer contains `slow` is included only if
 * a caller has requested a redelivery to this target.
 */
export function listResendableSlowNotifications(
  { watch, slow, deliveries }: Pick<WatchDocument, "watch" | "slow" | "deliveries">,
  targets: Config["targets"],
): readonly ResendableNotification[] {
  if (slow === null) return [];
  return deliveries
    .filter(({ event }) => event === "job.slow")
    .filter(({ target, redelivery }) => redelivery > 0 || isSubscribedToSlowOrRemoved(target, targets))
    .map((delivery) => {
      const key = notificationKey(watch, slow.generations, "job.slow", delivery.target);
      return { delivery, message: createNotificationMessage(watch, key, "slow", delivery.redelivery) };
    });
}
