import type { JobKey } from "../../domain/job.ts";
import { compareNewestFirst, type Watch } from "../watch.ts";

import { type Item, type LedgerTable, type Operation, parseItem, queryPage } from "./item-operations.ts";
import { jobPartition, WATCH_PREFIX } from "./keys.ts";
import { toWatch, WatchItem } from "./watch-item.ts";

/** The operation costs one consistent query to DynamoDB. */
export const listJobWatches: Operation<"listJobWatches"> = async (table, job) =>
  toJobWatches(await readJobItems(table, job, WATCH_PREFIX));

/** Returns the watches in the items of a job. The newest watch is first. */
export function toJobWatches(items: ReadonlyMap<string, Item>): Watch[] {
  return [...items]
    .filter(([sk]) => sk.startsWith(WATCH_PREFIX))
    .map(([, item]) => toWatch(parseItem(WatchItem, item)))
    .sort(compareNewestFirst);
}

/**
 * Reads the items of a job by their sort keys. The function costs one consistent query to DynamoDB per megabyte of
 * items.
 * @param prefix selects the items whose sort keys start with the prefix. Without the prefix, the function reads all
 * items of the job.
 */
export async function readJobItems(
  table: LedgerTable,
  job: JobKey,
  prefix?: string,
): Promise<Map<string, Item>> {
  const items = new Map<string, Item>();
  const pk = jobPartition(job);
  let next: Item | undefined;
  do {
    const options = { ConsistentRead: true, ExclusiveStartKey: next };
    const page =
      prefix === undefined
        ? await queryPage(table, "#pk = :pk", { pk }, options)
        : await queryPage(table, "#pk = :pk AND begins_with(#sk, :prefix)", { pk, prefix }, options);
    for (const item of page.Items ?? []) items.set(item.sk?.S ?? "", item);
    next = page.LastEvaluatedKey;
  } while (next !== undefined);
  return items;
}
