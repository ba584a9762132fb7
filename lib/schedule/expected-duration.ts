import * as z from "zod/mini";
import type { Job } from "../domain/job.ts";
import { collectSubJobsInAnyOrder } from "../domain/subjob-tree.ts";
import { Count } from "../domain/zod-fields.ts";
import {
  BUCKETS,
  bucketPosition,
  bucketStartSeconds,
  countLatestJobs,
  countRecentJobs,
  type DurationCount,
  type RecentJobs,
} from "./duration-buckets.ts";

/** The maximum numbers of types and of durations, so that the durations fit into one small item of the ledger. */
const MAX_TYPES = 40;
const MAX_DURATIONS = 15;
const MAX_TYPE_CHARACTERS = 100;
/** The number of ended subjobs from which the service says how long such a subjob usually takes. */
const MIN_DURATIONS = 5;

const Seconds = z.number().check(z.minimum(0));

/** How long jobs of a type usually take, from the ended jobs of the type in the project. */
export const Expected = z.object({
  /** Half of the ended jobs took at most this time. */
  p50Seconds: Seconds,
  p90Seconds: Seconds,
  /** The number of ended jobs. */
  fromJobs: Count,
  /**
   * The median remaining time of a running job, by its age. The value is null if no ended job took longer than the job
   * until now.
   */
  remainingSeconds: z.nullable(Seconds),
});
export type Expected = z.infer<typeof Expected>;

/**
 * Returns how long a job is expected to take. The function uses only the observed jobs since the last change of their
 * durations, and no assumed jobs. Returns null if no job of the type has ended.
 */
export function computeExpectedDuration(
  durations: readonly DurationCount[],
  ageSeconds: number,
): Expected | null {
  const { counts, total } = countRecentJobs(durations);
  if (total === 0) return null;
  const age = bucketPosition(ageSeconds);
  const longer = counts.map((count, bucket) => (bucket >= age ? count : 0));
  const longerJobs = longer.reduce((sum, count) => sum + count, 0);
  return {
    p50Seconds: middleSeconds(bucketOfRank(counts, 0.5 * total)),
    p90Seconds: middleSeconds(bucketOfRank(counts, 0.9 * total)),
    fromJobs: total,
    remainingSeconds:
      longerJobs === 0
        ? null
        : roundSeconds(Math.max(0, middleOf(bucketOfRank(longer, longerJobs / 2)) - ageSeconds)),
  };
}

/** The number of ended jobs from which the service says that a job is slow. */
const MIN_JOBS_OF_SLOW = 20;
/** A slow job takes longer than this part of the jobs of its type. */
const SLOW_QUANTILE = 0.95;

/** The durations of the ended jobs of a type, and the age in seconds from which a job of the type is slow. */
export interface SlowLimit {
  readonly p50Seconds: number;
  readonly p95Seconds: number;
  readonly fromJobs: number;
}

/**
 * Returns the age from which a job is slow: the job takes longer than 19 of 20 jobs of its type. The age is the upper
 * limit of an order statistic of the ended jobs, so at most one of 20 new jobs is slow, whatever the distribution of
 * the durations is. If the durations rise slowly, the service finds no change of the durations, and the older jobs are
 * shorter than the new jobs. Therefore a slow job must also take longer than 19 of 20 jobs of the latest days. Returns
 * null if fewer than 20 jobs have ended since the last change of their durations. No assumed jobs count.
 * @param durations the durations of the jobs that ended before the job started. If jobs that started at the same time
 * counted, the first of them to end would make the others slow.
 * Source: V. Vovk, A. Gammerman and G. Shafer, "Algorithmic Learning in a Random World" (2005), conformal prediction.
 */
export function computeSlowLimit(durations: readonly DurationCount[]): SlowLimit | null {
  const recent = countRecentJobs(durations);
  if (recent.total < MIN_JOBS_OF_SLOW) return null;
  const latest = countLatestJobs(durations, MIN_JOBS_OF_SLOW);
  const bucket = Math.max(slowBucket(recent), slowBucket(latest));
  return {
    p50Seconds: middleSeconds(bucketOfRank(recent.counts, 0.5 * recent.total)),
    p95Seconds: roundSeconds(bucketStartSeconds(bucket + 1)),
    fromJobs: recent.total,
  };
}

function slowBucket({ counts, total }: RecentJobs): number {
  return bucketOfRank(counts, Math.ceil(SLOW_QUANTILE * (total + 1)));
}

/** Returns the bucket of the job with a rank. The shortest job has the rank 1. */
function bucketOfRank(counts: Float64Array, rank: number): number {
  let jobs = 0;
  for (const [bucket, count] of counts.entries()) {
    jobs += count;
    if (count > 0 && jobs >= rank) return bucket;
  }
  return BUCKETS - 1;
}

const middleOf = (bucket: number): number => bucketStartSeconds(bucket + 0.5);
const middleSeconds = (bucket: number): number => roundSeconds(middleOf(bucket));
const roundSeconds = (seconds: number): number => Math.round(seconds * 10) / 10;

/** The latest durations of ended subjobs of one job type in seconds, by the type of the subjob, oldest first. */
export type SubJobDurations = Readonly<Record<string, readonly number[]>>;

/**
 * Returns the durations of the succeeded subjobs of an ended job in seconds, by the type of the subjob. Of each type, the
 * longest subjob counts, because subjobs of the same type usually run in parallel.
 */
export function longestSucceededSecondsByType(job: Job): Readonly<Record<string, number>> {
  const longest = new Map<string, number>();
  for (const { type, state, createdAt, updatedAt } of collectSubJobsInAnyOrder(job)) {
    if (type === null || type.length > MAX_TYPE_CHARACTERS || state !== "succeeded") continue;
    if (createdAt === null || updatedAt === null || updatedAt < createdAt) continue;
    longest.set(type, Math.max(longest.get(type) ?? 0, Math.round((updatedAt - createdAt) / 1000)));
  }
  return Object.fromEntries(longest);
}

/** Adds the durations of the subjobs of one job to the latest durations. */
export function appendSubJobDurations(
  known: SubJobDurations,
  ended: Readonly<Record<string, number>>,
): SubJobDurations {
  const durations = new Map(Object.entries(known));
  for (const [type, seconds] of Object.entries(ended)) {
    if (!durations.has(type) && durations.size >= MAX_TYPES) continue;
    durations.set(type, [...(durations.get(type) ?? []), seconds].slice(-MAX_DURATIONS));
  }
  return Object.fromEntries(durations);
}

/** Returns the median duration of a type of subjob in seconds, or null if too few such subjobs have ended. */
export function usualSubJobSeconds(known: SubJobDurations, type: string): number | null {
  const durations = Object.hasOwn(known, type) ? (known[type] ?? []) : [];
  if (durations.length < MIN_DURATIONS) return null;
  return durations.toSorted((a, b) => a - b)[Math.floor((durations.length - 1) / 2)] ?? null;
}
