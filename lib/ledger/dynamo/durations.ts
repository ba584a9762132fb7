import * as z from "zod/mini";
import type { DurationCount } from "../../schedule/duration-buckets.ts";
import type { DurationLedger } from "../duration-ledger.ts";
import { readItem, timeToLive } from "./item.ts";
import { durationsKey, durationsPartition, epochOfSortKey } from "./keys.ts";
import { change, type LedgerTable, query } from "./table.ts";

/** A counter's attribute is named by the day of its epoch and its bucket: `d3b215`; without a day, of the first. */
const COUNTER = /^(?:d([0-6]))?b(\d+)$/;
/** An epoch is a week: the days of one share an item, so that two years of them are read at once. */
const EPOCH_DAYS = 7;
const DurationsItem = z.looseObject({ sk: z.string() });

/** One atomic write, to an item for the epoch alone: what is old ends by itself, and no item grows for ever. */
export async function addDuration(
  table: LedgerTable,
  entry: Parameters<DurationLedger["addDuration"]>[0],
): Promise<void> {
  const { project, jobType, bucket, day, expiresAt } = entry;
  await change(table, {
    key: durationsKey(project, jobType, Math.floor(day / EPOCH_DAYS)),
    add: { [`d${day % EPOCH_DAYS}b${bucket}`]: 1 },
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
    (a, b) => a.day - b.day || a.bucket - b.bucket,
  );
}

function countsOf({ sk, ...attributes }: z.infer<typeof DurationsItem>): DurationCount[] {
  const epoch = epochOfSortKey(sk);
  if (epoch === null) return [];
  return Object.entries(attributes).flatMap(([name, count]) => {
    const [, day = 0, bucket] = COUNTER.exec(name) ?? [];
    if (bucket === undefined || typeof count !== "number") return [];
    return [{ day: epoch * EPOCH_DAYS + Number(day), bucket: Number(bucket), count }];
  });
}
