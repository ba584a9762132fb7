import {
  ATTEMPT_HISTORY,
  createPendingDeliveryRecord,
  type NotificationKey,
  type NotificationLedger,
} from "../../lib/ledger/notification.ts";
import type { LedgerState, NotificationRow } from "./memory-ledger-state.ts";

const NO_LEASE = { owner: null, leaseUntil: null };

/** Returns the operations on notifications. */
export function notificationOperations({ notifications }: LedgerState): NotificationLedger {
  function leased(wanted: {
    key: NotificationKey;
    redelivery: number;
    messageId: string;
  }): NotificationRow | null {
    const row = notifications[idOfNotification(wanted.key)];
    if (row === undefined || row.leaseUntil === null || row.owner !== wanted.messageId) return null;
    return row.delivery.state === "pending" && row.delivery.redelivery === wanted.redelivery ? row : null;
  }

  return {
    async claimNotification({ key, redelivery, messageId, now, leaseMs }) {
      const id = idOfNotification(key);
      const initial = { delivery: { ...createPendingDeliveryRecord(key.target), redelivery }, ...NO_LEASE };
      const row = notifications[id] ?? initial;
      const { delivery } = row;
      const { state, nextAttemptAt } = delivery;
      if (delivery.redelivery !== redelivery || state === "delivered" || delivery.deadLettered)
        return { kind: "stale" };
      if (state !== "pending") {
        return { kind: "needs_dead_letter", state, reason: delivery.history.at(-1)?.reason ?? state };
      }
      const isLeased = row.leaseUntil !== null && row.leaseUntil >= now;
      const isEarly = nextAttemptAt !== null && nextAttemptAt > now;
      if ((isLeased || isEarly) && row.owner !== messageId) return { kind: "other_owner" };
      if (isLeased) return { kind: "own_lease" };
      if (isEarly) return { kind: "not_due", until: nextAttemptAt };
      notifications[id] = { ...row, owner: messageId, leaseUntil: now + leaseMs };
      return { kind: "claimed", record: delivery };
    },

    async recordAttemptIfClaimed(record) {
      const row = leased(record);
      if (row === null) return "superseded";
      const { state, nextAttemptAt, attempt, spent } = record;
      const attempts = row.delivery.attempts + (spent ? 1 : 0);
      const isThrottled = !spent && state === "pending" && attempt.verdict === "retry";
      const throttles = spent ? 0 : row.delivery.throttles + (isThrottled ? 1 : 0);
      const throttledSince = row.delivery.throttledSince ?? (isThrottled ? attempt.at : null);
      const history = [...row.delivery.history, attempt].slice(-ATTEMPT_HISTORY);
      const counted = { attempts, throttles, throttledSince };
      const delivery = {
        ...row.delivery,
        ...counted,
        state,
        nextAttemptAt,
        requestAt: null,
        history,
      };
      notifications[idOfNotification(record.key)] = { ...row, delivery, leaseUntil: null };
      return "recorded";
    },

    async postponeNotificationAndEndLease(postponement) {
      const row = leased(postponement);
      if (row === null) return "superseded";
      const delivery = {
        ...row.delivery,
        nextAttemptAt: postponement.until,
        requestAt: postponement.requestAt,
      };
      notifications[idOfNotification(postponement.key)] = { ...row, delivery, leaseUntil: null };
      return "recorded";
    },

    async readDeliveryOrPendingRecord(key) {
      return notifications[idOfNotification(key)]?.delivery ?? createPendingDeliveryRecord(key.target);
    },

    async markDeadLettered(key, redelivery) {
      const row = notifications[idOfNotification(key)];
      if (row?.delivery.redelivery === redelivery)
        notifications[idOfNotification(key)] = { ...row, delivery: { ...row.delivery, deadLettered: true } };
    },

    async startRedeliveryIfLatestIs(key, after) {
      const before =
        notifications[idOfNotification(key)]?.delivery ?? createPendingDeliveryRecord(key.target);
      if (before.redelivery !== after) return null;
      const redelivery = after + 1;
      const delivery = { ...createPendingDeliveryRecord(key.target), redelivery, history: before.history };
      notifications[idOfNotification(key)] = { delivery, ...NO_LEASE };
      return redelivery;
    },
  };
}

export function idOfNotification(key: NotificationKey): string {
  const { project, jobId, generation, event, target } = key;
  return [project, jobId, target, generation, event].join("#");
}
