import {
  bucketStartSeconds,
  countJobsPerBucketAndTotalOfLatestDays,
  countJobsPerBucketSinceDurationsChanged,
  type DurationCount,
  type RecentJobs,
} from "./duration-counts.ts";
import { bucketOfRank, roundedBucketMiddleSeconds, roundToTenthOfSecond } from "./expected-duration.ts";
import { type EndedJob, lowerMedianSeconds } from "./latest-durations.ts";

/** If fewer jobs of a type have ended, no job of this type counts as slow. */
const MIN_JOBS = 20;
/** A slow job takes longer than 95 % of the jobs of its type. */
const QUANTILE = 0.95;

/**
 * A running job counts as slow if its age is at least `p95Seconds`. `p50Seconds` is the median duration of ended jobs.
 */
export interface SlowLimit {
  readonly p50Seconds: number;
  readonly p95Seconds: number;
  readonly fromJobs: number;
}

/**
 * Returns the age from which a running job counts as slow. 95 % of the ended jobs took less time. At most 5 % of new
 * jobs are slow, whatever the distribution of their durations is. The function computes one age from all jobs since the
 * latest change of the usual duration. While durations become longer, an age from old jobs is too low. The function
 * therefore computes a second age from the jobs of the latest days, and a third age with `limitOfRisingDurations`. The
 * result is the largest of the three ages. If fewer than 20 jobs have ended since the latest change, the result is
 * null. The function uses only real jobs and no assumed jobs. Source: V. Vovk, A. Gammerman and G. Shafer, "Algorithmic
 * Learning in a Random World" (2005), conformal prediction.
 * @param durations the durations of jobs that ended before the running job started. Jobs that started together with the
 * running job must not be in the list. Short jobs of such a group end first, and their durations would make the running
 * job seem slow.
 * @param latestJobs the latest ended jobs of the type, oldest first
 */
export function computeSlowLimitOf95Percent(
  durations: readonly DurationCount[],
  latestJobs: readonly EndedJob[],
): SlowLimit | null {
  const recent = countJobsPerBucketSinceDurationsChanged(durations);
  if (recent.total < MIN_JOBS) return null;
  const latest = countJobsPerBucketAndTotalOfLatestDays(durations, MIN_JOBS);
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
 * Returns the age from which a job counts as slow. The age is correct even if durations become longer within one day.
 * The ledger counts durations per day, so the counts do not show a change within a day. The quotient of a job is its
 * duration divided by the median duration of the last 20 jobs before this job. If all jobs take longer, the quotients
 * stay the same. A running job is slow if its quotient is larger than the quotients of 95 % of the ended jobs. If too
 * few jobs have ended, the result is 0.
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
 * Returns the median duration of the latest 20 jobs. The result is at least one second. If fewer than 20 jobs have
 * ended, the result is null.
 */
function medianOfLatest(jobs: readonly EndedJob[]): number | null {
  if (jobs.length < MIN_JOBS) return null;
  return Math.max(1, lowerMedianSeconds(jobs.slice(-MIN_JOBS).map(({ seconds }) => seconds)) ?? 1);
}
