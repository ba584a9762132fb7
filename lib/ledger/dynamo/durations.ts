import * as z from "zod/mini";
import type { Instant, WatchGeneration } from "../../domain/job.ts";
import { isOperationWithoutJob } from "../../domain/operation-kind.ts";
import { ANY_TYPE, type DurationCount } from "../../schedule/duration-counts.ts";
import {
  appendDurationsAndDropOldest,
  LatestDurations,
  NO_LATEST_DURATIONS,
} from "../../schedule/latest-durations.ts";
import { SlowRecord } from "../watch-deliveries-and-overdue-times.ts";
import { compressJson, decompressJson } from "./compressed-tree.ts";
import {
  ceilToEpochSeconds,
  createItemIfAbsent,
  type Item,
  type LedgerOperation,
  type LedgerTable,
  parseItemOrThrow,
  queryPage,
  readItemAndParseOrThrow,
  readRawItem,
  upsertItem,
} from "./item-operations.ts";
import { type ItemKey, jobPartitionKey } from "./keys.ts";

const Bytes = z.instanceof(Uint8Array);
const SlowItem = z.lazy(() => z.object({ record: Bytes }));
const LatestDurationsItem = z.lazy(() => z.object({ durations: Bytes }));
/** The maximum number of tries of `addLatestDurations`. */
const MAX_TRIES = 50;

/**
 * Matches the attribute name of a counter. For example, `d3b215` counts the jobs of day 3 of the week with a duration
 * in bucket 215.
 */
const COUNTER = /^d([0-6])b(\d+)$/;
/**
 * One DynamoDB item contains the counters of one week. A query reads the counters of two years, which are about 104
 * items.
 */
const WEEK_DAYS = 7;
const SORT_KEY = /^week#(\d+)$/;

/** The sort key of the item with the job types of a project. */
const TYPES_SORT_KEY = "types";

const DurationsItem = z.lazy(() => z.looseObject({ sk: z.string() }));
type DurationsItem = z.infer<typeof DurationsItem>;
const TypesItem = z.lazy(() => z.object({ types: z.array(z.string()) }));

/**
 * Each call costs one DynamoDB write. For the first job of a type in a week, the call costs a second write, which adds
 * the job type to the list of the project.
 */
export const addDuration: LedgerOperation<"addDuration"> = async (table, duration) => {
  const { key, counter } = durationCounterKey(duration);
  const set = { expiresAt: ceilToEpochSeconds(duration.expiresAt) };
  const before = await upsertItem(table, { key, add: { [counter]: 1 }, set, returnValues: "ALL_OLD" });
  const isFirstOfWeek = before?.pk === undefined;
  if (isFirstOfWeek) await addJobTypeUnlessOperation(table, duration);
};

interface ExpiringJobType {
  readonly project: string;
  readonly jobType: string;
  readonly expiresAt: Instant;
}

/**
 * Adds a job type to the list of the project's job types. The list contains no operations (such as upgrades). The
 * reason: the first poll of a job uses the durations of all listed job types, and operations must not change this poll.
 */
export async function addJobTypeUnlessOperation(
  table: LedgerTable,
  { project, jobType, expiresAt }: ExpiringJobType,
): Promise<void> {
  if (isOperationWithoutJob(jobType)) return;
  await upsertItem(table, {
    key: typesKey(project),
    add: { types: new Set([jobType]) },
    set: { expiresAt: ceilToEpochSeconds(expiresAt) },
  });
}

const typesKey = (project: string): ItemKey => ({
  pk: durationsPartition(project, ANY_TYPE),
  sk: TYPES_SORT_KEY,
});

interface DurationOfType extends Omit<DurationCount, "count"> {
  readonly project: string;
  readonly jobType: string;
}

interface CounterKey {
  readonly key: ItemKey;
  /** The name of the attribute that contains the counter. */
  readonly counter: string;
}

/** Returns the DynamoDB key of the counter for one day and one duration bucket. */
export function durationCounterKey({ project, jobType, day, bucket }: DurationOfType): CounterKey {
  const key = { pk: durationsPartition(project, jobType), sk: `week#${Math.floor(day / WEEK_DAYS)}` };
  return { key, counter: `d${day % WEEK_DAYS}b${bucket}` };
}

/**
 * Each call costs one query, because DynamoDB returns the job counts of two years in one page. With `ANY_TYPE`, the
 * call costs one read, and one query for each job type.
 */
export const readDurationCounts: LedgerOperation<"readDurationCounts"> = async (table, project, jobType) => {
  if (jobType !== ANY_TYPE) return sumCounts(await queryCounts(table, project, jobType));
  // An eventually consistent read costs half as much as a consistent read.
  const item = await readRawItem(table, typesKey(project), undefined, false);
  const { types } = item === null ? { types: [] } : parseItemOrThrow(TypesItem, item);
  const counts = await Promise.all(types.map((type) => queryCounts(table, project, type)));
  return sumCounts(counts.flat());
};

async function queryCounts(table: LedgerTable, project: string, jobType: string): Promise<DurationCount[]> {
  const { Items = [] } = await queryPage(table, "#pk = :pk", { pk: durationsPartition(project, jobType) });
  return Items.flatMap((item) => countsOf(parseItemOrThrow(DurationsItem, item)));
}

/** Returns one count for each day and duration bucket, oldest day first. */
function sumCounts(counts: readonly DurationCount[]): DurationCount[] {
  const sums = new Map<string, DurationCount>();
  for (const { day, bucket, count } of counts) {
    const key = `${day}/${bucket}`;
    sums.set(key, { day, bucket, count: count + (sums.get(key)?.count ?? 0) });
  }
  return [...sums.values()].sort((a, b) => a.day - b.day || a.bucket - b.bucket);
}

function durationsPartition(project: string, jobType: string): string {
  return `D#${project}#${jobType}`;
}

function countsOf({ sk, ...attributes }: DurationsItem): DurationCount[] {
  const week = Number(SORT_KEY.exec(sk)?.[1]);
  return Object.entries(attributes).flatMap(([name, count]) => {
    const [, day, bucket] = COUNTER.exec(name) ?? [];
    if (bucket === undefined || typeof count !== "number") return [];
    return [{ day: week * WEEK_DAYS + Number(day), bucket: Number(bucket), count }];
  });
}

/** Each call costs one DynamoDB write. */
export const getOrCreateSlowRecord: LedgerOperation<"getOrCreateSlowRecord"> = async (
  table,
  generation,
  record,
  expiresAt,
) => {
  const values = { record: compressJson(record), expiresAt: ceilToEpochSeconds(expiresAt) };
  const created = await createItemIfAbsent(table, slowItemKey(generation), values);
  return created ? record : ((await readSlowRecord(table, generation)) ?? record);
};

export const readSlowRecord: LedgerOperation<"readSlowRecord"> = async (table, generation) => {
  const item = await readRawItem(table, slowItemKey(generation));
  return item === null ? null : toSlowRecord(item);
};

export function toSlowRecord(item: Item): SlowRecord {
  return SlowRecord.parse(decompressJson(parseItemOrThrow(SlowItem, item).record));
}

export const readLatestDurations: LedgerOperation<"readLatestDurations"> = async (
  table,
  project,
  jobType,
) => {
  const item = await readItemAndParseOrThrow(
    table,
    LatestDurationsItem,
    latestDurationsKey(project, jobType),
  );
  return toLatestDurations(item?.durations);
};

/**
 * Each call costs one read and one to three write units. The item with the durations has at most 3 kB. If another call
 * changes the item at the same time, the function tries again.
 * @throws Error if all `MAX_TRIES` tries fail
 */
export const addLatestDurations: LedgerOperation<"addLatestDurations"> = async (
  table,
  project,
  jobType,
  ended,
  expiresAt,
) => {
  const key = latestDurationsKey(project, jobType);
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const stored = (await readItemAndParseOrThrow(table, LatestDurationsItem, key))?.durations;
    const durations = compressJson(appendDurationsAndDropOldest(toLatestDurations(stored), ended));
    const written = await upsertItem(table, {
      key,
      set: { durations, expiresAt: ceilToEpochSeconds(expiresAt) },
      condition: stored === undefined ? "attribute_not_exists(#durations)" : "#durations = :stored",
      values: stored === undefined ? {} : { stored },
    });
    if (written !== null) return;
  }
  throw new Error("Other jobs have changed the latest durations again and again.");
};

function toLatestDurations(packed: Uint8Array | undefined): LatestDurations {
  return packed === undefined ? NO_LATEST_DURATIONS : LatestDurations.parse(decompressJson(packed));
}

export function slowItemKey(key: WatchGeneration): ItemKey {
  return { pk: jobPartitionKey(key), sk: `slow#${key.generation}#${key.caller}` };
}

export function latestDurationsKey(project: string, jobType: string): ItemKey {
  return { pk: `${durationsPartition(project, jobType)}#latest`, sk: "latest" };
}
