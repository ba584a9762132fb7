import type { QueryCommandOutput } from "@aws-sdk/client-dynamodb";
import * as z from "zod/mini";
import { slowItemKey } from "./durations.ts";
import { fromAttributes } from "./expression.ts";
import { ceilToEpochSeconds, type LedgerOperation, queryPage, updateItem } from "./item-operations.ts";
import {
  callerDataItemKey,
  OVERDUE_INDEX,
  OVERDUE_SHARDS,
  outcomeItemKey,
  parseWatchItemKey,
  watchItemKey,
} from "./keys.ts";
import { overdueIndexChange } from "./watch-item.ts";

const Entry = z.object({ pk: z.string(), sk: z.string(), dueAt: z.number() });

/** The operation costs one query to DynamoDB per shard of the overdue index. */
export const listOverdue: LedgerOperation<"listOverdue"> = async (table, now, limit) => {
  const overdue = "#dueShard = :shard AND #dueAt < :now";
  const options = { IndexName: OVERDUE_INDEX, Limit: limit };
  const pages = await Promise.all(
    Array.from({ length: OVERDUE_SHARDS }, (_, shard) => queryPage(table, overdue, { shard, now }, options)),
  );
  return pages
    .flatMap((page) => page.Items ?? [])
    .map((item) => Entry.parse(fromAttributes(item)))
    .map(({ dueAt, ...key }) => ({ ...parseWatchItemKey(key), dueAt }))
    .sort((a, b) => a.dueAt - b.dueAt)
    .slice(0, limit);
};

/** The operation costs one query to DynamoDB per shard of the overdue index and per megabyte of its entries. */
export const countLiveWatches: LedgerOperation<"countLiveWatches"> = async (table, caller) => {
  // The sort key of a watch item contains only the caller.
  const { sk } = watchItemKey({ project: "", jobId: "", caller });
  const counts = await Promise.all(
    Array.from({ length: OVERDUE_SHARDS }, async (_, shard) => {
      let count = 0;
      let next: QueryCommandOutput["LastEvaluatedKey"];
      do {
        const options = { IndexName: OVERDUE_INDEX, ExclusiveStartKey: next, Select: "COUNT" } as const;
        const page = await queryPage(table, "#dueShard = :shard", { shard, sk }, options, "#sk = :sk");
        count += page.Count ?? 0;
        next = page.LastEvaluatedKey;
      } while (next !== undefined);
      return count;
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
};

export const rescheduleSweep: LedgerOperation<"rescheduleSweep"> = async (table, entry, dueAt) => {
  const moved = await updateItem(table, {
    key: watchItemKey(entry),
    set: overdueIndexChange(entry, dueAt),
    condition: `#dueAt = :dueAt${dueAt === null ? " AND #state <> :watching" : ""}`,
    values: { dueAt: entry.dueAt, watching: dueAt === null ? "watching" : null },
  });
  return moved !== null ? "moved" : "changed";
};

export const scheduleSweepBy: LedgerOperation<"scheduleSweepBy"> = async (table, key, dueAt, expiresAt) => {
  await updateItem(table, {
    key: watchItemKey(key),
    set: overdueIndexChange(key, dueAt),
    condition: "attribute_exists(#state) AND (attribute_not_exists(#dueAt) OR #dueAt > :dueAt)",
    values: { dueAt },
  });
  if (expiresAt === null) return;
  const until = ceilToEpochSeconds(expiresAt);
  await Promise.all(
    [watchItemKey(key), callerDataItemKey(key), outcomeItemKey(key), slowItemKey(key)].map((item) =>
      updateItem(table, {
        key: item,
        set: { expiresAt: until },
        condition: "#expiresAt < :until",
        values: { until },
      }),
    ),
  );
};
