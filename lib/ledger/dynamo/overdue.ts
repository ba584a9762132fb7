import * as z from "zod/mini";
import type { Instant, WatchGeneration } from "../../domain/job.ts";
import type { OverdueEntry } from "../watch-ledger.ts";
import { fromAttributes } from "./attributes.ts";
import { timeToLive } from "./item.ts";
import {
  acceptanceItemKey,
  OVERDUE_INDEX,
  OVERDUE_SHARDS,
  outcomeItemKey,
  overdueShard,
  watchItemKey,
  watchOfPartition,
} from "./keys.ts";
import { change, type LedgerTable, query } from "./table.ts";
import { NOT_DUE } from "./watch-item.ts";

const Entry = z.object({ pk: z.string(), dueAt: z.number() });

/** What is due before `now`, the longest overdue first; at most `limit`. One query per shard, at once. */
export async function listOverdue(table: LedgerTable, now: Instant, limit: number): Promise<OverdueEntry[]> {
  const shards = Array.from({ length: OVERDUE_SHARDS }, (_, shard) => shard);
  const pages = await Promise.all(
    shards.map((shard) =>
      query(table, {
        where: "#dueShard = :shard AND #dueAt < :now",
        values: { shard, now },
        rest: { IndexName: OVERDUE_INDEX, Limit: limit },
      }),
    ),
  );
  const entries = pages.flatMap((page) => page.Items ?? []).map((item) => Entry.parse(fromAttributes(item)));
  return entries
    .map(({ pk, dueAt }) => ({ ...watchOfPartition(pk), dueAt }))
    .sort((a, b) => a.dueAt - b.dueAt)
    .slice(0, limit);
}

/** Moves an entry of the index, or takes it out, unless it has moved since it was read. */
export async function rescheduleSweep(
  table: LedgerTable,
  entry: OverdueEntry,
  dueAt: Instant | null,
): Promise<"moved" | "changed"> {
  const moved = await change(table, {
    key: watchItemKey(entry),
    set: dueAt === null ? NOT_DUE : { dueAt, dueShard: overdueShard(entry) },
    condition: "#dueAt = :dueAt",
    values: { dueAt: entry.dueAt },
  });
  return moved.kind === "written" ? "moved" : "changed";
}

/** Puts a watch into the index, unless it is due before `dueAt` anyway or there is no such watch; keeps what is told of it. */
export async function scheduleSweep(
  table: LedgerTable,
  key: WatchGeneration,
  dueAt: Instant,
  expiresAt: Instant | null,
): Promise<void> {
  await change(table, {
    key: watchItemKey(key),
    set: { dueAt, dueShard: overdueShard(key) },
    condition: "attribute_exists(#state) AND (attribute_not_exists(#dueAt) OR #dueAt > :dueAt)",
    values: { dueAt },
  });
  if (expiresAt === null) return;
  const until = timeToLive(expiresAt);
  await Promise.all(
    [watchItemKey(key), acceptanceItemKey(key), outcomeItemKey(key)].map((item) =>
      change(table, {
        key: item,
        set: { expiresAt: until },
        condition: "#expiresAt < :until",
        values: { until },
      }),
    ),
  );
}
