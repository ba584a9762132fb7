import {
  bucketStartSeconds,
  countJobsPerBucketOfLatestDays,
  countJobsPerBucketSinceDurationsChanged,
  type DurationCount,
  type RecentJobs,
} from "./duration-counts.ts";
import { bucketOfRank, roundedBucketMiddleSeconds, roundToTenthOfSecond } from "./expected-duration.ts";
import { type EndedJob, lowerMedianSeconds } from "./usual-durations.ts";

/**
 * The minimum number of ended jobs of a type. If fewer jobs of a type have ended, no job of the type counts as slow.
 */
const MIN_JOBS = 20;
/** A slow job takes longer than 95 % of the jobs of its type. */
const QUANTILE = 0.95;

/** The median duration of ended jobs of a type, and the age above which a job is slow (`p95Seconds`). */
export interface SlowLimit {
  readonly p50Seconds: number;
  readonly p95Seconds: number;
  readonly fromJobs: number;
}

/**
 * Returns the age above which a job is slow: 95 % of the ended jobs took less time. The function takes this age from
 * the sorted durations of the ended jobs. At most 5 % of new jobs are therefore slow, for any distribution of
 * durations. If durations rise slowly, older jobs would make this age too low. A slow job must therefore also take
 * longer than 95 % of the jobs of the latest days, and longer than `limitOfRisingDurations`. The result is null if
 * fewer than 20 jobs have ended since the last change of the durations. The function ignores assumed jobs.
 * @param durations the durations of the jobs that ended before this job started. If jobs start together, the jobs that
 * end first must not count. The short durations of these jobs would make the other jobs seem slow.
 * @param latestJobs the latest ended jobs of the type, oldest first. Source: V. Vovk, A. Gammerman and G. Shafer,
 * "Algorithmic Learning in a Random World" (2005), conformal prediction.
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
 * Returns a second age limit for slow jobs. This limit is for durations that rise within one day. The ledger only
 * counts durations per day, so the counts do not show a rise within one day. Each job has a factor: its duration
 * divided by the median duration of the 20 jobs that ended before its start. If all durations rise, the factors do not
 * rise. The factor of a slow job is larger than the factors of 95 % of the ended jobs. The result is 0 if too few jobs
 * have ended.
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
 * Returns the median duration of the latest 20 jobs. The result is at least one second. The result is null if there are
 * fewer than 20 jobs.
 */
function medianOfLatest(jobs: readonly EndedJob[]): number | null {
  if (jobs.length < MIN_JOBS) return null;
  return Math.max(1, lowerMedianSeconds(jobs.slice(-MIN_JOBS).map(({ seconds }) => seconds)) ?? 1);
}
