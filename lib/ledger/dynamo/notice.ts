import {
  type Delivery,
  type NoticeClaim,
  type NoticeKey,
  type NoticeLedger,
  unattempted,
} from "../notice-ledger.ts";
import { timeToLive } from "./item.ts";
import { noticeItemKey } from "./keys.ts";
import { type NoticeItem, readNoticeItem, toDelivery } from "./notice-item.ts";
import { change, get, type LedgerTable } from "./table.ts";

type NoticeToClaim = Parameters<NoticeLedger["claimNotice"]>[0];

/** Leases a notice to one message, creating it at its first, or says why not. One write; a refusal costs a read. */
export async function claimNotice(table: LedgerTable, wanted: NoticeToClaim): Promise<NoticeClaim> {
  const { key, redelivery, messageId, now, leaseMs } = wanted;
  const claimed = await change(table, {
    key: noticeItemKey(key),
    set: {
      ...{ state: "pending", redelivery, owner: messageId, leaseUntil: now + leaseMs },
      expiresAt: timeToLive(wanted.expiresAt),
    },
    condition: `attribute_not_exists(#pk) OR (#state = :pending AND #redelivery = :redelivery
      AND (attribute_not_exists(#leaseUntil) OR #leaseUntil < :now)
      AND (attribute_not_exists(#nextAttemptAt) OR #nextAttemptAt <= :now))`,
    values: { pending: "pending", redelivery, now },
    answer: "ALL_NEW",
  });
  if (claimed.kind === "written")
    return { kind: "claimed", delivery: toDelivery(readNoticeItem(claimed.item)) };
  const item = await get(table, noticeItemKey(key));
  return item === null ? { kind: "theirs" } : explain(readNoticeItem(item), wanted);
}

/** How one notice stands. */
export async function readDelivery(table: LedgerTable, key: NoticeKey): Promise<Delivery> {
  const item = await get(table, noticeItemKey(key));
  return item === null ? unattempted(key.target) : toDelivery(readNoticeItem(item));
}

function explain(item: NoticeItem, { redelivery, messageId, now }: NoticeToClaim): NoticeClaim {
  if (item.redelivery !== redelivery || item.state === "delivered" || item.buried) return { kind: "stale" };
  if (item.state !== "pending") {
    const reason = toDelivery(item).history.at(-1)?.reason ?? item.state;
    return { kind: "unburied", state: item.state, reason };
  }
  if (item.owner !== messageId) return { kind: "theirs" };
  if (item.leaseUntil !== null && item.leaseUntil >= now) return { kind: "mine" };
  return { kind: "early", until: item.nextAttemptAt ?? now };
}
