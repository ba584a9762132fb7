import {
  ATTEMPT_HISTORY,
  type NoticeKey,
  type NoticeLedger,
  unattempted,
} from "../../lib/ledger/notice-ledger.ts";
import { idOf, type LedgerState, type NoticeRow } from "./memory-ledger-state.ts";

const NO_LEASE = { owner: null, leaseUntil: null };

/** The notices of the memory ledger. */
export function noticeSteps({ notices }: LedgerState): NoticeLedger {
  function leased(wanted: { key: NoticeKey; redelivery: number; messageId: string }): NoticeRow | null {
    const row = notices[idOfNotice(wanted.key)];
    if (row === undefined || row.leaseUntil === null || row.owner !== wanted.messageId) return null;
    return row.delivery.state === "pending" && row.delivery.redelivery === wanted.redelivery ? row : null;
  }

  return {
    async claimNotice({ key, redelivery, messageId, now, leaseMs }) {
      const id = idOfNotice(key);
      const fresh = { delivery: { ...unattempted(key.target), redelivery }, ...NO_LEASE };
      const row = notices[id] ?? fresh;
      const { delivery } = row;
      const { state, nextAttemptAt } = delivery;
      if (delivery.redelivery !== redelivery || state === "delivered" || delivery.buried)
        return { kind: "stale" };
      if (state !== "pending") {
        return { kind: "unburied", state, reason: delivery.history.at(-1)?.reason ?? state };
      }
      const live = row.leaseUntil !== null && row.leaseUntil >= now;
      const early = nextAttemptAt !== null && nextAttemptAt > now;
      if ((live || early) && row.owner !== messageId) return { kind: "theirs" };
      if (live) return { kind: "mine" };
      if (early) return { kind: "early", until: nextAttemptAt };
      notices[id] = { ...row, owner: messageId, leaseUntil: now + leaseMs };
      return { kind: "claimed", delivery };
    },

    async recordAttempt(record) {
      const row = leased(record);
      if (row === null) return "superseded";
      const { state, nextAttemptAt, attempt, spent } = record;
      const attempts = row.delivery.attempts + (spent ? 1 : 0);
      const isThrottled = !spent && state === "pending";
      const throttles = spent ? 0 : row.delivery.throttles + (isThrottled ? 1 : 0);
      const throttledSince = row.delivery.throttledSince ?? (isThrottled ? attempt.at : null);
      const history = [...row.delivery.history, attempt].slice(-ATTEMPT_HISTORY);
      const counted = { attempts, throttles, throttledSince };
      const delivery = { ...row.delivery, ...counted, state, nextAttemptAt, slotReserved: false, history };
      notices[idOfNotice(record.key)] = { ...row, delivery, leaseUntil: null };
      return "recorded";
    },

    async holdNotice(hold) {
      const row = leased(hold);
      if (row === null) return "superseded";
      const delivery = { ...row.delivery, nextAttemptAt: hold.until, slotReserved: hold.slotReserved };
      notices[idOfNotice(hold.key)] = { ...row, delivery, leaseUntil: null };
      return "recorded";
    },

    async readDelivery(key) {
      return notices[idOfNotice(key)]?.delivery ?? unattempted(key.target);
    },

    async markBuried(key, redelivery) {
      const row = notices[idOfNotice(key)];
      if (row?.delivery.redelivery === redelivery)
        notices[idOfNotice(key)] = { ...row, delivery: { ...row.delivery, buried: true } };
    },

    async reopenNotice(key) {
      const before = notices[idOfNotice(key)]?.delivery ?? unattempted(key.target);
      const redelivery = before.redelivery + 1;
      const delivery = { ...unattempted(key.target), redelivery, history: before.history };
      notices[idOfNotice(key)] = { delivery, ...NO_LEASE };
      return redelivery;
    },
  };
}

export function idOfNotice(key: NoticeKey): string {
  const { target, life = 0 } = key;
  return `${idOf(key)}#${target}${life === 0 ? "" : `#${life}`}`;
}
