import {
  ATTEMPT_HISTORY,
  type AttemptRecord,
  type NotificationKey,
  type NotificationLedger,
} from "../notification-ledger.ts";
import { notificationItemKey } from "./keys.ts";
import { readNotificationItem, writeAttempt } from "./notification-item.ts";
import { change, type LedgerTable } from "./table.ts";

const LEASED =
  "#state = :pending AND #redelivery = :redelivery AND #owner = :me AND attribute_exists(#leaseUntil)";

/** Keeps an attempt and gives the lease back. The message that owns the notification goes on owning it while it is pending. */
export async function recordAttempt(
  table: LedgerTable,
  record: AttemptRecord,
): Promise<"recorded" | "superseded"> {
  const { key, redelivery, messageId, state, spent, nextAttemptAt } = record;
  const isThrottled = !spent && state === "pending";
  const recorded = await change(table, {
    key: notificationItemKey(key),
    set: {
      state,
      nextAttemptAt,
      nextAttemptReserved: false,
      leaseUntil: null,
      ...(spent ? { throttles: null } : {}),
    },
    first: isThrottled ? { throttledSince: record.attempt.at } : {},
    add: { ...(spent ? { attempts: 1 } : {}), ...(isThrottled ? { throttles: 1 } : {}) },
    append: { history: [writeAttempt(record.attempt)] },
    condition: LEASED,
    values: { pending: "pending", redelivery, me: messageId },
    answer: "ALL_NEW",
  });
  if (recorded.kind === "refused") return "superseded";
  const attempts = recorded.item.history?.L?.length ?? 0;
  if (attempts >= 2 * ATTEMPT_HISTORY)
    await trimHistory(table, key, readNotificationItem(recorded.item).history);
  return "recorded";
}

/**
 * Cuts a history that has grown to twice its share, unless somebody appended meanwhile, who will cut it then:
 * DynamoDB cannot append to a list and cut it in one request.
 */
async function trimHistory(
  table: LedgerTable,
  key: NotificationKey,
  history: readonly string[],
): Promise<void> {
  await change(table, {
    key: notificationItemKey(key),
    set: { history: history.slice(-ATTEMPT_HISTORY) },
    condition: "size(#history) = :length",
    values: { length: history.length },
  });
}

/** Gives the lease back without an attempt. */
export async function postponeNotification(
  table: LedgerTable,
  hold: Parameters<NotificationLedger["postponeNotification"]>[0],
): Promise<"recorded" | "superseded"> {
  const { key, redelivery, messageId, until, nextAttemptReserved } = hold;
  const held = await change(table, {
    key: notificationItemKey(key),
    set: { nextAttemptAt: until, nextAttemptReserved, leaseUntil: null },
    condition: LEASED,
    values: { pending: "pending", redelivery, me: messageId },
  });
  return held.kind === "written" ? "recorded" : "superseded";
}

/** A failed notification has reached the dead-letter queue. */
export async function markDeadLettered(
  table: LedgerTable,
  key: NotificationKey,
  redelivery: number,
): Promise<void> {
  await change(table, {
    key: notificationItemKey(key),
    set: { deadLettered: true },
    condition: "#redelivery = :redelivery",
    values: { redelivery },
  });
}
