import * as z from "zod/mini";
import type { DurationCount, DurationLedger } from "../duration-ledger.ts";
import { readItem, timeToLive } from "./item.ts";
import { durationsKey, durationsPartition, epochOfSortKey } from "./keys.ts";
import { change, type LedgerTable, query } from "./table.ts";

/** A counter's attribute is named by its bucket; items of the first releases held all epochs, `e12b34`. */
const COUNTER = /^(?:e(\d+))?b(\d+)$/;
const DurationsItem = z.looseObject({ sk: z.string() });

/** One atomic write, to an item for the epoch alone: what is old ends by itself, and no item grows for ever. */
export async function addDuration(
  table: LedgerTable,
  entry: Parameters<DurationLedger["addDuration"]>[0],
): Promise<void> {
  const { project, jobType, bucket, epoch, expiresAt } = entry;
  await change(table, {
    key: durationsKey(project, jobType, epoch),
    add: { [`b${bucket}`]: 1 },
    set: { expiresAt: timeToLive(expiresAt) },
  });
}

/** One query. Two years of weeks fit into one page of it several times. */
export async function readDurations(
  table: LedgerTable,
  project: string,
  jobType: string,
): Promise<DurationCount[]> {
  const { Items = [] } = await query(table, {
    where: "#pk = :pk",
    values: { pk: durationsPartition(project, jobType) },
  });
  return Items.flatMap((item) => countsOf(readItem(DurationsItem, item))).sort(
    (a, b) => a.epoch - b.epoch || a.bucket - b.bucket,
  );
}

function countsOf({ sk, ...attributes }: z.infer<typeof DurationsItem>): DurationCount[] {
  return Object.entries(attributes).flatMap(([name, count]) => {
    const [, told, bucket] = COUNTER.exec(name) ?? [];
    const epoch = told === undefined ? epochOfSortKey(sk) : Number(told);
    if (bucket === undefined || epoch === null || typeof count !== "number") return [];
    return [{ epoch, bucket: Number(bucket), count }];
  });
}
