import * as z from "zod/mini";
import type { DurationCount } from "../../schedule/duration-buckets.ts";
import type { Operation } from "./bind-to-table.ts";
import { parseItem, queryPage, toEpochSeconds, updateItem } from "./item-operations.ts";

/**
 * The name of an attribute that counts jobs of one day and one range of durations. For example, `d3b215` is the number
 * of jobs on day 3 of the week in the range with the number 215.
 */
const COUNTER = /^d([0-6])b(\d+)$/;
/** The number of days whose job counts are in one item. One query reads the items of two years. */
const WEEK_DAYS = 7;
const SORT_KEY = /^week#(\d+)$/;

const DurationsItem = z.looseObject({ sk: z.string() });

/** Costs one write to DynamoDB. */
export const addDuration: Operation<"addDuration"> = async (table, duration) => {
  const { project, jobType, day, bucket, expiresAt } = duration;
  await updateItem(table, {
    key: { pk: durationsPartition(project, jobType), sk: `week#${Math.floor(day / WEEK_DAYS)}` },
    add: { [`d${day % WEEK_DAYS}b${bucket}`]: 1 },
    set: { expiresAt: toEpochSeconds(expiresAt) },
  });
};

/** Costs one query to DynamoDB. The job counts of two years are much smaller than one page of a query result. */
export const readDurations: Operation<"readDurations"> = async (table, project, jobType) => {
  const { Items = [] } = await queryPage(table, "#pk = :pk", { pk: durationsPartition(project, jobType) });
  return Items.flatMap((item) => countsOf(parseItem(DurationsItem, item))).sort(
    (a, b) => a.day - b.day || a.bucket - b.bucket,
  );
};

function durationsPartition(project: string, jobType: string): string {
  return `D#${project}#${jobType}`;
}

function countsOf({ sk, ...attributes }: z.infer<typeof DurationsItem>): DurationCount[] {
  const week = Number(SORT_KEY.exec(sk)?.[1]);
  return Object.entries(attributes).flatMap(([name, count]) => {
    const [, day, bucket] = COUNTER.exec(name) ?? [];
    if (bucket === undefined || typeof count !== "number") return [];
    return [{ day: week * WEEK_DAYS + Number(day), bucket: Number(bucket), count }];
  });
}
