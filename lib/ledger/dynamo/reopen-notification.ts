import type { Instant } from "../../domain/job.ts";
import type { NotificationKey } from "../notification-ledger.ts";
import { timeToLive } from "./item.ts";
import { notificationItemKey } from "./keys.ts";
import { readNotificationItem } from "./notification-item.ts";
import { change, type LedgerTable } from "./table.ts";

/** Starts a notification anew, whatever became of it, and answers its redelivery number; messages before it are stale. */
export async function startRedelivery(
  table: LedgerTable,
  key: NotificationKey,
  expiresAt: Instant,
): Promise<number> {
  const reopened = await change(table, {
    key: notificationItemKey(key),
    set: {
      state: "pending",
      attempts: 0,
      nextAttemptAt: null,
      nextAttemptReserved: false,
      throttles: null,
      throttledSince: null,
      owner: null,
      leaseUntil: null,
      deadLettered: null,
      expiresAt: timeToLive(expiresAt),
    },
    add: { redelivery: 1 },
    answer: "ALL_NEW",
  });
  if (reopened.kind === "refused") throw new Error("a write without a condition was refused");
  return readNotificationItem(reopened.item).redelivery;
}
