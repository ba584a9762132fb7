import {
  type DeliveryRecord,
  type NotificationClaim,
  type NotificationKey,
  type NotificationLedger,
  newDeliveryRecord,
} from "../notification-ledger.ts";
import { timeToLive } from "./item.ts";
import { notificationItemKey } from "./keys.ts";
import { type NotificationItem, readNotificationItem, toDelivery } from "./notification-item.ts";
import { change, get, type LedgerTable } from "./table.ts";

type NotificationToClaim = Parameters<NotificationLedger["claimNotification"]>[0];

/** Leases a notification to one message, creating it at its first, or says why not. One write; a refusal costs a read. */
export async function claimNotification(
  table: LedgerTable,
  wanted: NotificationToClaim,
): Promise<NotificationClaim> {
  const { key, redelivery, messageId, now, leaseMs } = wanted;
  const claimed = await change(table, {
    key: notificationItemKey(key),
    set: {
      state: "pending",
      redelivery,
      owner: messageId,
      leaseUntil: now + leaseMs,
      expiresAt: timeToLive(wanted.expiresAt),
    },
    condition: `attribute_not_exists(#pk) OR (#state = :pending AND #redelivery = :redelivery
      AND (attribute_not_exists(#leaseUntil) OR #leaseUntil < :now)
      AND (attribute_not_exists(#nextAttemptAt) OR #nextAttemptAt <= :now))`,
    values: { pending: "pending", redelivery, now },
    answer: "ALL_NEW",
  });
  if (claimed.kind === "written")
    return { kind: "claimed", record: toDelivery(readNotificationItem(claimed.item)) };
  const item = await get(table, notificationItemKey(key));
  return item === null ? { kind: "other_owner" } : explain(readNotificationItem(item), wanted);
}

/** How one notification stands. */
export async function readDelivery(table: LedgerTable, key: NotificationKey): Promise<DeliveryRecord> {
  const item = await get(table, notificationItemKey(key));
  return item === null ? newDeliveryRecord(key.target) : toDelivery(readNotificationItem(item));
}

function explain(
  item: NotificationItem,
  { redelivery, messageId, now }: NotificationToClaim,
): NotificationClaim {
  if (item.redelivery !== redelivery || item.state === "delivered" || item.deadLettered)
    return { kind: "stale" };
  if (item.state !== "pending") {
    const reason = toDelivery(item).history.at(-1)?.reason ?? item.state;
    return { kind: "needs_dead_letter", state: item.state, reason };
  }
  if (item.owner !== messageId) return { kind: "other_owner" };
  if (item.leaseUntil !== null && item.leaseUntil >= now) return { kind: "own_lease" };
  return { kind: "not_due", until: item.nextAttemptAt ?? now };
}
