import {
  bucketStartSeconds,
  countJobsPerBucketOfLatestDays,
  countJobsPerBucketSinceDurationsChanged,
  type DurationCount,
  type RecentJobs,
} from "./duration-counts.ts";
import { bucketOfRank, roundedBucketMiddleSeconds, roundToTenthOfSecond } from "./expected-duration.ts";
import { type EndedJob, lowerMedianSeconds } from "./usual-durations.ts";

/** The minimum number of ended jobs of a type. With fewer ended jobs, the service calls no job of this type slow. */
const MIN_JOBS = 20;
/** A slow job takes longer than 95 % of the jobs of its type. */
const QUANTILE = 0.95;

/** The median duration of the ended jobs of a type, and the age from which a job of the type is slow (`p95Seconds`). */
export interface SlowLimit {
  readonly p50Seconds: number;
  readonly p95Seconds: number;
  readonly fromJobs: number;
}

/**
 * Returns the age from which a job is slow, because the job takes longer than 19 of 20 jobs of its type. The age is an
 * order statistic of the durations of the ended jobs. At most one of 20 new jobs is therefore slow, for any
 * distribution of the durations. If the durations rise slowly, the service does not detect this change, and the older
 * jobs are shorter than the new jobs. A slow job must therefore also take longer than 19 of 20 jobs of the latest days,
 * and must reach `limitOfRisingDurations`. Returns null if fewer than 20 jobs have ended since the last change of their
 * durations. Assumed jobs do not count.
 * @param durations the durations of the jobs that ended before the job started. Jobs that started at the same time do
 * not count, because the first ended job would make the other jobs slow.
 * @param latestJobs the latest ended jobs of the type, oldest first
 * Source: V. Vovk, A. Gammerman and G. Shafer, "Algorithmic Learning in a Random World" (2005), conformal prediction.
 */
export function computeSlowLimitOf95Percent(
  durations: readonly DurationCount[],
  latestJobs: readonly EndedJob[],
): SlowLimit | null {
  const recent = countJobsPerBucketSinceDurationsChanged(durations);
  if (recent.total < MIN_JOBS) return null;
  const latest = countJobsPerBucketOfLatestDays(durations, MIN_JOBS);
  const bucket = Math.max(slowBucket(recent), slowBucket(latest));
  return {
    p50Seconds: roundedBucketMiddleSeconds(bucketOfRank(recent.counts, 0.5 * recent.total)),
    p95Seconds: roundToTenthOfSecond(
      Math.max(bucketStartSeconds(bucket + 1), limitOfRisingDurations(latestJobs)),
    ),
    fromJobs: recent.total,
  };
}

const slowRank = (jobs: number): number => Math.ceil(QUANTILE * (jobs + 1));

function slowBucket({ counts, total }: RecentJobs): number {
  return bucketOfRank(counts, slowRank(total));
}

/**
 * Returns an additional age limit for slow jobs. Without this limit, all jobs would be slow while job durations rise
 * within one day. The ledger counts job durations by day, so these counts do not show a rise within one day. The factor
 * of a job is its duration divided by the median of the 20 jobs that ended before the job started. These factors stay
 * the same while the durations rise. The factor of a slow job exceeds 19 of 20 factors. Returns 0 if too few jobs have
 * ended.
 */
function limitOfRisingDurations(jobs: readonly EndedJob[]): number {
  const median = medianOfLatest(jobs);
  const factors = jobs
    .flatMap(({ endedAt, seconds }) => {
      const before = medianOfLatest(jobs.filter((other) => other.endedAt <= endedAt - seconds * 1000));
      return before === null ? [] : [seconds / before];
    })
    .sort((a, b) => a - b);
  const factor = factors[Math.min(slowRank(factors.length), factors.length) - 1];
  return median === null || factor === undefined ? 0 : median * factor;
}

/**
 * Returns the median duration of the latest 20 jobs, at least one second. Returns null if there are fewer than 20 jobs.
 */
function medianOfLatest(jobs: readonly EndedJob[]): number | null {
  if (jobs.length < MIN_JOBS) return null;
  return Math.max(1, lowerMedianSeconds(jobs.slice(-MIN_JOBS).map(({ seconds }) => seconds)) ?? 1);
}
