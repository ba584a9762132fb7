import * as z from "zod/mini";
import { MaybeInstant } from "../../domain/job.ts";
import { parseJson } from "../../domain/json.ts";
import { MaybeText } from "../../domain/zod-fields.ts";
import {
  ATTEMPT_HISTORY,
  Attempt,
  DeliveryRecord,
  type NotificationClaim,
  type NotificationKey,
  type NotificationToClaim,
  newDeliveryRecord,
} from "../notification.ts";
import type { Operation } from "./bind-to-table.ts";
import { notificationItemKey, targetOfNotification } from "./keys.ts";
import { getItem, type Item, type LedgerTable, parseItem, toEpochSeconds, updateItem } from "./table.ts";

const LEASED =
  "#state = :pending AND #redelivery = :redelivery AND #owner = :me AND attribute_exists(#leaseUntil)";

/** The history of the item has each attempt as JSON. */
const NotificationItem = z.extend(z.omit(DeliveryRecord, { target: true }), {
  sk: z.string(),
  owner: z._default(MaybeText, null),
  leaseUntil: z._default(MaybeInstant, null),
  history: z._default(z.array(z.string()), []),
});
type NotificationItem = z.infer<typeof NotificationItem>;

/** Costs one write. A refused claim costs one read more. */
export const claimNotification: Operation<"claimNotification"> = async (table, wanted) => {
  const { key, redelivery, messageId, now, leaseMs } = wanted;
  const claimed = await updateItem(table, {
    key: notificationItemKey(key),
    set: {
      state: "pending",
      redelivery,
      owner: messageId,
      leaseUntil: now + leaseMs,
      expiresAt: toEpochSeconds(wanted.expiresAt),
    },
    condition: `attribute_not_exists(#pk) OR (#state = :pending AND #redelivery = :redelivery
      AND (attribute_not_exists(#leaseUntil) OR #leaseUntil < :now)
      AND (attribute_not_exists(#nextAttemptAt) OR #nextAttemptAt <= :now))`,
    values: { pending: "pending", redelivery, now },
    returnValues: "ALL_NEW",
  });
  if (claimed.kind === "written")
    return { kind: "claimed", record: toDeliveryRecord(parseNotificationItem(claimed.item)) };
  const item = await getItem(table, notificationItemKey(key));
  return item === null ? { kind: "other_owner" } : explainRefusal(parseNotificationItem(item), wanted);
};

function explainRefusal(
  item: NotificationItem,
  { redelivery, messageId, now }: NotificationToClaim,
): NotificationClaim {
  if (item.redelivery !== redelivery || item.state === "delivered" || item.deadLettered)
    return { kind: "stale" };
  if (item.state !== "pending") {
    const reason = toDeliveryRecord(item).history.at(-1)?.reason ?? item.state;
    return { kind: "needs_dead_letter", state: item.state, reason };
  }
  if (item.owner !== messageId) return { kind: "other_owner" };
  if (item.leaseUntil !== null && item.leaseUntil >= now) return { kind: "own_lease" };
  return { kind: "not_due", until: item.nextAttemptAt ?? now };
}

/** The message stays responsible for the notification while it is pending. */
export const recordAttempt: Operation<"recordAttempt"> = async (table, record) => {
  const { key, redelivery, messageId, state, spent, nextAttemptAt, attempt } = record;
  const isThrottled = !spent && state === "pending";
  const recorded = await updateItem(table, {
    key: notificationItemKey(key),
    set: {
      state,
      nextAttemptAt,
      nextAttemptReserved: null,
      leaseUntil: null,
      ...(spent ? { throttles: null } : {}),
    },
    setIfAbsent: isThrottled ? { throttledSince: attempt.at } : {},
    add: { ...(spent ? { attempts: 1 } : {}), ...(isThrottled ? { throttles: 1 } : {}) },
    append: { history: [JSON.stringify(attempt)] },
    condition: LEASED,
    values: { pending: "pending", redelivery, me: messageId },
    returnValues: "ALL_NEW",
  });
  if (recorded.kind === "refused") return "superseded";
  const { history } = parseNotificationItem(recorded.item);
  if (history.length >= 2 * ATTEMPT_HISTORY) await truncateHistory(table, key, history);
  return "recorded";
};

/**
 * One update cannot append to a list and truncate it.
 * Does nothing when another call appended an attempt, because that call truncates the list.
 */
async function truncateHistory(
  table: LedgerTable,
  key: NotificationKey,
  history: readonly string[],
): Promise<void> {
  await updateItem(table, {
    key: notificationItemKey(key),
    set: { history: history.slice(-ATTEMPT_HISTORY) },
    condition: "size(#history) = :length",
    values: { length: history.length },
  });
}

export const postponeNotification: Operation<"postponeNotification"> = async (
  table,
  { key, redelivery, messageId, until, nextAttemptReserved },
) => {
  const postponed = await updateItem(table, {
    key: notificationItemKey(key),
    set: { nextAttemptAt: until, nextAttemptReserved, leaseUntil: null },
    condition: LEASED,
    values: { pending: "pending", redelivery, me: messageId },
  });
  return postponed.kind === "written" ? "recorded" : "superseded";
};

export const readDelivery: Operation<"readDelivery"> = async (table, key) => {
  const item = await getItem(table, notificationItemKey(key));
  return item === null ? newDeliveryRecord(key.target) : toDeliveryRecord(parseNotificationItem(item));
};

export const markDeadLettered: Operation<"markDeadLettered"> = async (table, key, redelivery) => {
  await updateItem(table, {
    key: notificationItemKey(key),
    set: { deadLettered: true },
    condition: "#redelivery = :redelivery",
    values: { redelivery },
  });
};

export const startRedelivery: Operation<"startRedelivery"> = async (table, key, expiresAt) => {
  const started = await updateItem(table, {
    key: notificationItemKey(key),
    set: {
      state: "pending",
      attempts: null,
      throttles: null,
      throttledSince: null,
      nextAttemptAt: null,
      nextAttemptReserved: null,
      owner: null,
      leaseUntil: null,
      deadLettered: null,
      expiresAt: toEpochSeconds(expiresAt),
    },
    add: { redelivery: 1 },
    returnValues: "ALL_NEW",
  });
  if (started.kind === "refused") throw new Error("DynamoDB refused a write without a condition.");
  return parseNotificationItem(started.item).redelivery;
};

export function parseNotificationItem(item: Item): NotificationItem {
  return parseItem(NotificationItem, item);
}

export function toDeliveryRecord({ sk, owner, leaseUntil, ...record }: NotificationItem): DeliveryRecord {
  const history = record.history.slice(-ATTEMPT_HISTORY);
  return {
    ...record,
    target: targetOfNotification(sk),
    history: history.map((text) => Attempt.parse(parseJson(text))),
  };
}
