import * as z from "zod/mini";
import type { WatchGeneration } from "../../domain/job.ts";
import { SlowSummary } from "../../domain/slow-summary.ts";
import type { Operation } from "./bind-to-table.ts";
import { createItem, readItem, toEpochSeconds, updateItem } from "./item-operations.ts";
import { type ItemKey, jobPartition } from "./keys.ts";
import { packJson, unpackJson } from "./packed-json.ts";

const Bytes = z.instanceof(Uint8Array);
const SlowItem = z.object({ summary: Bytes });
const DurationsItem = z.object({ durations: Bytes });
const Durations = z.record(z.string(), z.array(z.number()));

/** Costs one write to DynamoDB. */
export const saveSlowOnce: Operation<"saveSlowOnce"> = async (table, generation, summary, expiresAt) => {
  const values = { summary: packJson(summary), expiresAt: toEpochSeconds(expiresAt) };
  const created = await createItem(table, slowItemKey(generation), values);
  return created ? summary : ((await readSlow(table, generation)) ?? summary);
};

export const readSlow: Operation<"readSlow"> = async (table, generation) => {
  const item = await readItem(table, SlowItem, slowItemKey(generation));
  return item === null ? null : SlowSummary.parse(unpackJson(item.summary));
};

export const readSubJobDurations: Operation<"readSubJobDurations"> = async (table, project, jobType) => {
  const item = await readItem(table, DurationsItem, durationsItemKey(project, jobType));
  return item === null ? {} : Durations.parse(unpackJson(item.durations));
};

/** Costs one to three write units. The durations have at most 3 kB. */
export const saveSubJobDurations: Operation<"saveSubJobDurations"> = async (
  table,
  project,
  jobType,
  durations,
  expiresAt,
) => {
  await updateItem(table, {
    key: durationsItemKey(project, jobType),
    set: { durations: packJson(durations), expiresAt: toEpochSeconds(expiresAt) },
  });
};

function slowItemKey(key: WatchGeneration): ItemKey {
  return { pk: jobPartition(key), sk: `slow#${key.generation}#${key.caller}` };
}

function durationsItemKey(project: string, jobType: string): ItemKey {
  return { pk: `D#${project}#${jobType}#subjobs`, sk: "subjobs" };
}
