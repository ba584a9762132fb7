import * as z from "zod/mini";
import { parseJsonOrUndefined } from "../../domain/json.ts";
import { NumberNullByDefault, TextNullByDefault, unwrapLazy } from "../../domain/zod-fields.ts";
import {
  ATTEMPT_HISTORY,
  Attempt,
  createPendingDeliveryRecord,
  DeliveryRecord,
  type NotificationClaim,
  type NotificationToClaim,
} from "../notification.ts";
import type { StoredValues } from "./expression.ts";
import {
  ceilToEpochSeconds,
  type Item,
  type LedgerOperation,
  parseItemOrThrow,
  readItemAndParseOrThrow,
  readRawItem,
  upsertItem,
} from "./item-operations.ts";
import { notificationItemKey } from "./keys.ts";
import { createRequestToken } from "./request-token.ts";

const LEASED =
  "#state = :pending AND #redelivery = :redelivery AND #owner = :me AND attribute_exists(#leaseUntil)";

/** A delivery record as a DynamoDB item. The history contains each delivery attempt as a JSON string. */
const NotificationItem = z.lazy(() =>
  z.extend(z.omit(unwrapLazy(DeliveryRecord), { target: true }), {
    owner: TextNullByDefault,
    leaseUntil: NumberNullByDefault,
    /** The token of the write that claimed the notification or started its redelivery. */
    requestToken: TextNullByDefault,
    history: z._default(z.array(z.string()), []),
  }),
);
type NotificationItem = z.infer<typeof NotificationItem>;

/** The attributes that end the lease of a notification. */
const NO_LEASE: StoredValues = { leaseUntil: null, requestToken: null };

/** Each call costs one DynamoDB write. If the notification cannot be claimed, the call also costs one read. */
export const claimNotification: LedgerOperation<"claimNotification"> = async (table, wanted) => {
  const { key, redelivery, messageId, now, leaseMs } = wanted;
  const requestToken = createRequestToken();
  const claimed = await upsertItem(table, {
    key: notificationItemKey(key),
    set: {
      state: "pending",
      redelivery,
      owner: messageId,
      leaseUntil: now + leaseMs,
      requestToken,
      expiresAt: ceilToEpochSeconds(wanted.expiresAt),
    },
    condition: `attribute_not_exists(#pk) OR #state = :pending AND #redelivery = :redelivery
      AND attribute_not_exists(#deadLettered)
      AND (attribute_not_exists(#leaseUntil) OR #leaseUntil < :now)
      AND (attribute_not_exists(#nextAttemptAt) OR #nextAttemptAt <= :now)`,
    values: { pending: "pending", redelivery, now },
    returnValues: "ALL_NEW",
  });
  if (claimed !== null) return { kind: "claimed", record: toDeliveryRecordOrPending(claimed, key.target) };
  const item = await readItemAndParseOrThrow(table, NotificationItem, notificationItemKey(key));
  if (item?.requestToken === requestToken)
    return { kind: "claimed", record: toDeliveryRecord(item, key.target) };
  return item === null ? { kind: "other_owner" } : explainRefusal(item, wanted);
};

function explainRefusal(item: NotificationItem, wanted: NotificationToClaim): NotificationClaim {
  const { redelivery, messageId, now } = wanted;
  if (item.redelivery !== redelivery || item.state === "delivered" || item.deadLettered)
    return { kind: "stale" };
  if (item.state !== "pending") {
    const [latest] = item.history.slice(-1).map(parseAttempt);
    return { kind: "needs_dead_letter", state: item.state, reason: latest?.reason ?? item.state };
  }
  if (item.owner !== messageId) return { kind: "other_owner" };
  if (item.leaseUntil !== null && item.leaseUntil >= now) return { kind: "own_lease" };
  return { kind: "not_due", until: item.nextAttemptAt ?? now };
}

/**
 * After a delivery attempt, the item still contains the ID of the queue message that made the attempt. If another queue
 * message for the same notification arrives, the stored ID shows that it is a duplicate.
 */
export const recordAttemptIfClaimed: LedgerOperation<"recordAttemptIfClaimed"> = async (table, record) => {
  const { key, redelivery, messageId, state, spent, nextAttemptAt, attempt } = record;
  const isThrottled = !spent && state === "pending" && attempt.verdict === "retry";
  const recorded = await upsertItem(table, {
    key: notificationItemKey(key),
    set: {
      state,
      nextAttemptAt,
      requestAt: null,
      ...NO_LEASE,
      ...(spent ? { throttles: null } : {}),
    },
    setIfAbsent: isThrottled ? { throttledSince: attempt.at } : {},
    add: { ...(spent ? { attempts: 1 } : {}), ...(isThrottled ? { throttles: 1 } : {}) },
    append: { history: [JSON.stringify(attempt)] },
    condition: LEASED,
    values: { pending: "pending", redelivery, me: messageId },
    returnValues: "ALL_NEW",
  });
  if (recorded === null) return "superseded";
  const { history } = parseItemOrThrow(NotificationItem, recorded);
  if (history.length < 2 * ATTEMPT_HISTORY) return "recorded";
  // DynamoDB cannot append to a list and shorten the list in one update, so a second update shortens the list. If
  // another call has appended an attempt in the meantime, the condition is false, and the other call shortens the list.
  await upsertItem(table, {
    key: notificationItemKey(key),
    set: { history: history.slice(-ATTEMPT_HISTORY) },
    condition: "size(#history) = :length",
    values: { length: history.length },
  });
  return "recorded";
};

export const postponeNotificationAndEndLease: LedgerOperation<"postponeNotificationAndEndLease"> = async (
  table,
  postponement,
) => {
  const { key, redelivery, messageId, until, requestAt } = postponement;
  const postponed = await upsertItem(table, {
    key: notificationItemKey(key),
    set: { nextAttemptAt: until, requestAt, ...NO_LEASE },
    condition: LEASED,
    values: { pending: "pending", redelivery, me: messageId },
  });
  return postponed === null ? "superseded" : "recorded";
};

export const readDeliveryOrPendingRecord: LedgerOperation<"readDeliveryOrPendingRecord"> = async (
  table,
  key,
) => {
  const item = await readRawItem(table, notificationItemKey(key));
  return toDeliveryRecordOrPending(item, key.target);
};

export const markDeadLettered: LedgerOperation<"markDeadLettered"> = async (table, key, redelivery) => {
  await upsertItem(table, {
    key: notificationItemKey(key),
    set: { deadLettered: true },
    condition: "#redelivery = :redelivery",
    values: { redelivery },
  });
};

/**
 * Each call costs one DynamoDB write. If another call has already started a redelivery, the call also costs one read.
 */
export const startRedeliveryIfLatestIs: LedgerOperation<"startRedeliveryIfLatestIs"> = async (
  table,
  key,
  latestRedelivery,
  expiresAt,
) => {
  const redelivery = latestRedelivery + 1;
  const requestToken = createRequestToken();
  const started = await upsertItem(table, {
    key: notificationItemKey(key),
    set: {
      state: "pending",
      attempts: null,
      throttles: null,
      throttledSince: null,
      nextAttemptAt: null,
      requestAt: null,
      owner: null,
      leaseUntil: null,
      requestToken,
      deadLettered: null,
      redelivery,
      expiresAt: ceilToEpochSeconds(expiresAt),
    },
    condition:
      latestRedelivery === 0
        ? "attribute_not_exists(#redelivery) OR #redelivery = :after"
        : "#redelivery = :after",
    values: { after: latestRedelivery },
  });
  if (started !== null) return redelivery;
  // If a later release wrote the item, the read throws an error.
  const item = await readItemAndParseOrThrow(table, NotificationItem, notificationItemKey(key));
  return item?.requestToken === requestToken ? redelivery : null;
};

/** Converts an item to a delivery record. If the item does not exist, the function returns a new record. */
export function toDeliveryRecordOrPending(item: Item | null, target: string): DeliveryRecord {
  return item === null
    ? createPendingDeliveryRecord(target)
    : toDeliveryRecord(parseItemOrThrow(NotificationItem, item), target);
}

function toDeliveryRecord(item: NotificationItem, target: string): DeliveryRecord {
  const { owner, leaseUntil, requestToken, history, ...record } = item;
  return { ...record, target, history: history.slice(-ATTEMPT_HISTORY).map(parseAttempt) };
}

const parseAttempt = (text: string): Attempt => Attempt.parse(parseJsonOrUndefined(text));
