import { ScanCommand } from "@aws-sdk/client-dynamodb";
import * as z from "zod/mini";
import { type Instant, type WatchKey, WatchState } from "../../domain/job.ts";
import { TextNullByDefault } from "../../domain/zod-fields.ts";
import { type Audit, classifyWatchForAudit, isDiscoveryWatch, type OrphanedWatch } from "../audit.ts";
import { NewerItemError } from "../ledger.ts";
import { fromAttributes } from "./expression.ts";
import { type Item, type LedgerTable, readItemAndParseOrThrow } from "./item-operations.ts";
import { parseWatchItemKeyOrThrow, RECENT_INDEX, watchItemKey } from "./keys.ts";

/** The number of watches that the audit function reads in parallel. */
const CONCURRENCY = 20;

const Entry = z.object({ pk: z.string(), sk: z.string(), state: WatchState });
type Entry = z.infer<typeof Entry>;
const Schedule = z.object({
  state: WatchState,
  deadlineAt: z.number(),
  dueAt: z._default(z.nullable(z.number()), null),
  traceparent: TextNullByDefault,
});

/**
 * Counts the watches by state, and finds orphaned watches. The function reads the states of all watches from the recent
 * index. The state `watching` in the recent index may be old, so the function also reads the items of watches with this
 * state. The audit costs half a read unit for about 30 watches, and one more read unit for each running watch.
 */
export async function countWatchesAndFindOrphaned(table: LedgerTable, now: Instant): Promise<Audit> {
  const audit = { concluded: 0, stopped: 0, live: 0, discovered: 0, orphaned: [] as OrphanedWatch[] };
  const running: WatchKey[] = [];
  for await (const { state, ...itemKey } of scanRecentIndex(table)) {
    const key = parseWatchItemKeyOrThrow(itemKey);
    if (isDiscoveryWatch(key)) audit.discovered += 1;
    if (state === "watching") running.push(key);
    else audit[state === "stopped" ? "stopped" : "concluded"] += 1;
  }
  for (let i = 0; i < running.length; i += CONCURRENCY) {
    await Promise.all(
      running.slice(i, i + CONCURRENCY).map(async (key) => {
        const found = await readSchedule(table, key);
        if (found === null) return;
        // A watch of a newer release waits until an operator deploys this release again, so the watch is not orphaned.
        if (found === "newer") {
          audit.live += 1;
          return;
        }
        const result = classifyWatchForAudit(found, now);
        if (result === "orphaned") audit.orphaned.push({ ...key, traceparent: found.traceparent });
        else audit[result] += 1;
      }),
    );
  }
  const { concluded, stopped, live, orphaned } = audit;
  return { ...audit, accepted: concluded + stopped + live + orphaned.length };
}

/** Returns one entry for every watch. The index is eventually consistent, so the state in an entry may be old. */
export async function* scanRecentIndex({ client, table }: LedgerTable): AsyncGenerator<Entry> {
  let next: Item | undefined;
  do {
    const page = await client.send(
      new ScanCommand({ TableName: table, IndexName: RECENT_INDEX, ExclusiveStartKey: next }),
    );
    for (const item of page.Items ?? []) yield Entry.parse(fromAttributes(item));
    next = page.LastEvaluatedKey;
  } while (next !== undefined);
}

async function readSchedule(
  table: LedgerTable,
  key: WatchKey,
): Promise<z.infer<typeof Schedule> | "newer" | null> {
  return readItemAndParseOrThrow(table, Schedule, watchItemKey(key)).catch((error: unknown) => {
    if (error instanceof NewerItemError) return "newer";
    throw error;
  });
}
