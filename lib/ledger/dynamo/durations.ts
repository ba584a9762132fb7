import * as z from "zod";
import type { DurationCount, DurationLedger } from "../duration-ledger.ts";
import { readItem } from "./item.ts";
import { durationsKey } from "./keys.ts";
import { change, get, type LedgerTable } from "./table.ts";

/** A counter's attribute is named by its epoch and bucket: counting is one atomic write, reading is one read. */
const COUNTER = /^e(\d+)b(\d+)$/;
const DurationsItem = z.looseObject({});

export async function addDuration(
  table: LedgerTable,
  entry: Parameters<DurationLedger["addDuration"]>[0],
): Promise<void> {
  const { project, jobType, bucket, epoch } = entry;
  await change(table, { key: durationsKey(project, jobType), add: { [`e${epoch}b${bucket}`]: 1 } });
}

export async function readDurations(
  table: LedgerTable,
  project: string,
  jobType: string,
): Promise<DurationCount[]> {
  const item = await get(table, durationsKey(project, jobType));
  if (item === null) return [];
  return Object.entries(readItem(DurationsItem, item))
    .flatMap(([name, count]) => {
      const [, epoch, bucket] = COUNTER.exec(name) ?? [];
      if (epoch === undefined || bucket === undefined || typeof count !== "number") return [];
      return [{ epoch: Number(epoch), bucket: Number(bucket), count }];
    })
    .sort((a, b) => a.epoch - b.epoch || a.bucket - b.bucket);
}
