import type { Instant } from "../../lib/domain/job.ts";
import {
  ATTEMPT_HISTORY,
  type AttemptRecord,
  createPendingDeliveryRecord,
  type DeliveryRecord,
  type NotificationClaim,
  type NotificationKey,
  type NotificationLedger,
} from "../../lib/ledger/notification.ts";
import type { Store } from "../store/store.ts";
import { notificationId, readRecord, updateRecord, writeRecord } from "./rows.ts";

interface NotificationRow {
  readonly delivery: DeliveryRecord;
  readonly owner: string | null;
  readonly leaseUntil: Instant | null;
}

/** Returns the ledger operations for notifications. Each of these ledger operations is one database transaction. */
export function createNotificationOperations(store: Store): NotificationLedger {
  const read = (key: NotificationKey) => readRecord(store, "notification", notificationId(key));
  const update = (key: NotificationKey, row: NotificationRow) =>
    updateRecord(store, "notification", notificationId(key), { ...row, delivery: { ...row.delivery } });
  const readLeased = (
    wanted: Pick<AttemptRecord, "key" | "redelivery" | "messageId">,
  ): NotificationRow | null => {
    const row = read(wanted.key);
    if (row === null || row.leaseUntil === null || row.owner !== wanted.messageId) return null;
    const { state, redelivery } = row.delivery;
    return state === "pending" && redelivery === wanted.redelivery ? row : null;
  };

  return {
    claimNotification: ({ key, redelivery, messageId, now, leaseMs, expiresAt }) =>
      store.write((): NotificationClaim => {
        const row = read(key);
        const delivery = row?.delivery ?? { ...createPendingDeliveryRecord(key.target), redelivery };
        const { state, nextAttemptAt } = delivery;
        if (delivery.redelivery !== redelivery || state === "delivered" || delivery.deadLettered)
          return { kind: "stale" };
        if (state !== "pending")
          return { kind: "needs_dead_letter", state, reason: delivery.history.at(-1)?.reason ?? state };
        const isLeased = row !== null && row.leaseUntil !== null && row.leaseUntil >= now;
        const isEarly = nextAttemptAt !== null && nextAttemptAt > now;
        if ((isLeased || isEarly) && row?.owner !== messageId) return { kind: "other_owner" };
        if (isLeased) return { kind: "own_lease" };
        if (isEarly) return { kind: "not_due", until: nextAttemptAt };
        const claimed = { delivery, owner: messageId, leaseUntil: now + leaseMs };
        writeRecord(store, "notification", notificationId(key), claimed, expiresAt);
        return { kind: "claimed", record: delivery };
      }),

    recordAttemptIfClaimed: (record) =>
      store.write(() => {
        const row = readLeased(record);
        if (row === null) return "superseded";
        update(record.key, { ...row, delivery: addAttempt(row.delivery, record), leaseUntil: null });
        return "recorded";
      }),

    postponeNotificationAndEndLease: (postponement) =>
      store.write(() => {
        const row = readLeased(postponement);
        if (row === null) return "superseded";
        const { until: nextAttemptAt, requestAt } = postponement;
        const delivery = { ...row.delivery, nextAttemptAt, requestAt };
        update(postponement.key, { ...row, delivery, leaseUntil: null });
        return "recorded";
      }),

    readDeliveryOrPendingRecord: (key) =>
      store.read(() => read(key)?.delivery ?? createPendingDeliveryRecord(key.target)),

    markDeadLettered: (key, redelivery) =>
      store.write(() => {
        const row = read(key);
        if (row?.delivery.redelivery !== redelivery) return;
        update(key, { ...row, delivery: { ...row.delivery, deadLettered: true } });
      }),

    startRedeliveryIfLatestIs: (key, after, expiresAt) =>
      store.write(() => {
        const before = read(key)?.delivery ?? createPendingDeliveryRecord(key.target);
        if (before.redelivery !== after) return null;
        const redelivery = after + 1;
        const delivery = { ...createPendingDeliveryRecord(key.target), redelivery, history: before.history };
        const restarted = { delivery, owner: null, leaseUntil: null };
        writeRecord(store, "notification", notificationId(key), restarted, expiresAt);
        return redelivery;
      }),
  };
}

function addAttempt(
  before: DeliveryRecord,
  { state, spent, attempt, nextAttemptAt }: AttemptRecord,
): DeliveryRecord {
  const isThrottled = !spent && state === "pending" && attempt.verdict === "retry";
  return {
    ...before,
    state,
    nextAttemptAt,
    requestAt: null,
    attempts: before.attempts + (spent ? 1 : 0),
    throttles: spent ? 0 : before.throttles + (isThrottled ? 1 : 0),
    throttledSince: before.throttledSince ?? (isThrottled ? attempt.at : null),
    history: [...before.history, attempt].slice(-ATTEMPT_HISTORY),
  };
}
