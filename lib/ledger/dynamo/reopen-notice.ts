import type { Instant } from "../../job.ts";
import type { NoticeKey } from "../notice-ledger.ts";
import { timeToLive } from "./item.ts";
import { noticeItemKey } from "./keys.ts";
import { readNoticeItem } from "./notice-item.ts";
import { change, type LedgerTable } from "./table.ts";

/** Starts a notice anew, whatever became of it, and answers its redelivery number; messages before it are stale. */
export async function reopenNotice(table: LedgerTable, key: NoticeKey, expiresAt: Instant): Promise<number> {
  const reopened = await change(table, {
    key: noticeItemKey(key),
    set: {
      ...{ state: "pending", attempts: 0, nextAttemptAt: null, slotReserved: false },
      ...{ throttles: null, throttledSince: null },
      ...{ owner: null, leaseUntil: null, buried: null },
      expiresAt: timeToLive(expiresAt),
    },
    add: { redelivery: 1 },
    answer: "ALL_NEW",
  });
  if (reopened.kind === "refused") throw new Error("a write without a condition was refused");
  return readNoticeItem(reopened.item).redelivery;
}
