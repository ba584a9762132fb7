import type { QueryCommandOutput } from "@aws-sdk/client-dynamodb";
import * as z from "zod/mini";
import type { Instant, WatchKey } from "../../domain/job.ts";
import { roundUpToLastMsBeforeSweep } from "../watch-deliveries-and-overdue-times.ts";
import { slowItemKey } from "./durations.ts";
import { fromAttributes, type StoredValues } from "./expression.ts";
import {
  ceilToEpochSeconds,
  type LedgerOperation,
  type LedgerTable,
  queryPage,
  upsertItem,
} from "./item-operations.ts";
import {
  callerDataItemKey,
  jobPartitionKey,
  outcomeItemKey,
  parseWatchItemKeyOrThrow,
  watchItemKey,
  watchSortKey,
} from "./keys.ts";

/** The index of the watches that the sweep function must check. */
const OVERDUE_INDEX = "overdue";

/** The number of partitions (shards) of the overdue index. Several partitions spread the load on DynamoDB. */
export const OVERDUE_SHARDS = 8;

/** Returns the shard of a watch in the overdue index: its FNV-1a hash modulo `OVERDUE_SHARDS`. */
export function overdueShard(key: WatchKey): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(`${jobPartitionKey(key)}#${key.caller}`))
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash % OVERDUE_SHARDS;
}

/**
 * Returns attributes of the watch item. The attributes put the watch into the overdue index at the time `dueAt`. If
 * `dueAt` is null, the index does not contain the watch.
 */
export function overdueIndexAttributes(key: WatchKey, dueAt: Instant | null): StoredValues {
  return { dueAt, dueOrder: dueAt, dueShard: dueAt === null ? null : overdueShard(key) };
}

/**
 * Rounds a time up to the next run of the sweep function. With rounded times, most polls need not change the stored
 * time.
 */
export function roundUpToLastMsBeforeNextSweep(
  { sweepIntervalMs = 1 }: LedgerTable,
  dueAt: Instant,
): Instant {
  return roundUpToLastMsBeforeSweep(dueAt, sweepIntervalMs);
}

/**
 * Returns attributes of the watch item that change the time of the watch in the overdue index to the rounded `dueAt`.
 * The attribute `dueOrder`, which is the sort key of the index, does not change. A write costs one write unit if only
 * the time changes, but two if the sort key changes.
 */
export function roundedOverdueIndexAttributesKeepingOrder(
  table: LedgerTable,
  key: WatchKey,
  dueAt: Instant,
): { readonly set: StoredValues; readonly setIfAbsent: StoredValues } {
  const { dueOrder = null, ...set } = overdueIndexAttributes(
    key,
    roundUpToLastMsBeforeNextSweep(table, dueAt),
  );
  return { set, setIfAbsent: { dueOrder } };
}

const Entry = z.object({ pk: z.string(), sk: z.string(), dueAt: z.number(), dueOrder: z.number() });

const MAX_ENTRIES_PER_QUERY = 2000;

/**
 * Reads entries of each shard until `limit` overdue watches are found. Reading a thousand entries costs about 20 read
 * units. The watch whose last check is longest ago comes first.
 */
export const listOverdueWatches: LedgerOperation<"listOverdueWatches"> = async (table, now, limit) => {
  const shards = await Promise.all(
    Array.from({ length: OVERDUE_SHARDS }, (_, shard) => listOverdueInShard(table, shard, now, limit)),
  );
  return shards
    .flat()
    .sort((a, b) => a.dueOrder - b.dueOrder)
    .slice(0, limit)
    .map(({ dueAt, pk, sk }) => ({ ...parseWatchItemKeyOrThrow({ pk, sk }), dueAt }));
};

async function listOverdueInShard(
  table: LedgerTable,
  shard: number,
  now: Instant,
  limit: number,
): Promise<readonly z.infer<typeof Entry>[]> {
  const found: z.infer<typeof Entry>[] = [];
  let next: QueryCommandOutput["LastEvaluatedKey"];
  // DynamoDB applies `Limit` before the filter, so a page may contain fewer overdue watches. Each query reads more
  // entries than the query before, so that few queries are needed.
  let entries = limit;
  do {
    const options = { IndexName: OVERDUE_INDEX, ExclusiveStartKey: next, Limit: entries };
    const page = await queryPage(table, "#dueShard = :shard", { shard, now }, options, "#dueAt < :now");
    for (const item of page.Items ?? []) found.push(Entry.parse(fromAttributes(item)));
    next = page.LastEvaluatedKey;
    entries = Math.max(limit, Math.min(4 * entries, MAX_ENTRIES_PER_QUERY));
  } while (next !== undefined && found.length < limit);
  return found;
}

/** Each call costs one DynamoDB query per shard. A shard with several megabytes costs one query per megabyte. */
export const countUnfinishedWatchesApproximately: LedgerOperation<
  "countUnfinishedWatchesApproximately"
> = async (table, caller) => {
  const sk = watchSortKey(caller);
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

export const rescheduleSweepIfUnchanged: LedgerOperation<"rescheduleSweepIfUnchanged"> = async (
  table,
  entry,
  dueAt,
) => {
  const moved = await upsertItem(table, {
    key: watchItemKey(entry),
    set: overdueIndexAttributes(entry, dueAt),
    condition: `#dueAt = :dueAt${dueAt === null ? " AND #state <> :watching" : ""}`,
    values: { dueAt: entry.dueAt, watching: dueAt === null ? "watching" : null },
  });
  return moved !== null ? "moved" : "changed";
};

export const scheduleSweepByAndExtendExpiry: LedgerOperation<"scheduleSweepByAndExtendExpiry"> = async (
  table,
  key,
  dueAt,
  expiresAt,
) => {
  await upsertItem(table, {
    key: watchItemKey(key),
    set: overdueIndexAttributes(key, dueAt),
    condition: "attribute_exists(#state) AND (attribute_not_exists(#dueAt) OR #dueAt > :dueAt)",
    values: { dueAt },
  });
  if (expiresAt === null) return;
  const until = ceilToEpochSeconds(expiresAt);
  await Promise.all(
    [watchItemKey(key), callerDataItemKey(key), outcomeItemKey(key), slowItemKey(key)].map((item) =>
      upsertItem(table, {
        key: item,
        set: { expiresAt: until },
        condition: "#expiresAt < :until",
        values: { until },
      }),
    ),
  );
};
