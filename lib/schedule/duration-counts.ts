import type { Instant } from "../domain/job.ts";

/**
 * The minimum difference between the mean ranks of the durations before and after a day. The unit of the difference is
 * the standard error. A smaller difference does not count as a change.
 */
const MIN_CHANGE_STANDARD_ERRORS = 4.5;
/**
 * A change counts only if at least 4 jobs ended before it and at least 4 jobs ended after it. With fewer jobs, a
 * difference may be accidental.
 */
const MIN_CHANGE_JOBS = 4;
/**
 * The minimum variance of the ranks of the durations. If all jobs were in the same bucket, the variance would be 0
 * without a minimum.
 */
const MIN_RANK_VARIANCE = 0.01;

/** The number of jobs of one type, one day and one bucket (a range of durations). */
export interface DurationCount {
  /** The day of the end of the jobs, in days since 1970-01-01. */
  readonly day: number;
  readonly bucket: number;
  readonly count: number;
}

/**
 * The job type `*` stands for the jobs of all types of a project. The first poll of a new job uses the durations of all
 * types, because the type of the job is still unknown.
 */
export const ANY_TYPE = "*";

const DAY_MS = 86_400_000;
const KEPT_DAYS = 728;
/**
 * A bucket (a range of durations) for long durations is as wide as 2 % of the duration. The first buckets are 0.2 s
 * wide. The bucket of a duration is ln(1 + seconds / 10) divided by `BUCKET_WIDTH`.
 */
const BUCKET_WIDTH = 0.02;
const LINEAR_SECONDS = 10;
/** A watch lasts at most a week. If a job takes more than a week, its duration counts as a week. */
const MAX_DURATION_SECONDS = 7 * 86_400;
/** The number of buckets of job durations. The first bucket has the number 0. */
export const BUCKETS = Math.ceil(fractionalBucketOfDuration(MAX_DURATION_SECONDS));

/**
 * Returns the number of the bucket for a job's duration, from 0 to `BUCKETS` - 1.
 * @param seconds the seconds from the creation to the end of the job
 */
export function bucketOfDuration(seconds: number): number {
  const position = fractionalBucketOfDuration(Math.max(0, seconds));
  return Number.isNaN(position) ? 0 : Math.min(BUCKETS - 1, Math.floor(position));
}

/** Returns the position of a duration among the buckets, as a fraction. For example, 3.5 is the middle of bucket 3. */
export function fractionalBucketOfDuration(seconds: number): number {
  return Math.log1p(seconds / LINEAR_SECONDS) / BUCKET_WIDTH;
}

/**
 * Returns the shortest duration of a bucket (a range of durations) in seconds. `bucketStartSeconds` is the inverse of
 * `fractionalBucketOfDuration`.
 */
export function bucketStartSeconds(bucket: number): number {
  return LINEAR_SECONDS * Math.expm1(bucket * BUCKET_WIDTH);
}

/** Returns the UTC day of an instant, in days since 1970-01-01. */
export function daysSince1970(now: Instant): number {
  return Math.floor(now / DAY_MS);
}

/** Returns the time after which the ledger may delete the duration counts of a day. */
export function durationCountExpiry(day: number): Instant {
  return (day + 1 + KEPT_DAYS) * DAY_MS;
}

export interface RecentJobs {
  readonly counts: Float64Array;
  readonly total: number;
}

/** Counts the jobs in each bucket since the last change of the job durations. */
export function countJobsPerBucketSinceDurationsChanged(durations: readonly DurationCount[]): RecentJobs {
  return sumDays(daysSinceChange(groupByDay(durations)));
}

/**
 * Counts the jobs in each bucket (range of durations) for the latest days. The function adds earlier days until
 * the days contain at least `minJobs` jobs. If all days together have fewer jobs, the function uses all days.
 */
export function countJobsPerBucketOfLatestDays(
  durations: readonly DurationCount[],
  minJobs: number,
): RecentJobs {
  const days = groupByDay(durations);
  let jobs = 0;
  const earlier = days.findLastIndex((day) => {
    if (jobs >= minJobs) return true;
    jobs += day.reduce((sum, { count }) => sum + count, 0);
    return false;
  });
  return sumDays(days.slice(earlier + 1));
}

/** Groups the duration counts by day. The oldest day comes first. */
function groupByDay(durations: readonly DurationCount[]): readonly (readonly DurationCount[])[] {
  const valid = durations.filter(({ bucket, count }) => bucket >= 0 && bucket < BUCKETS && count > 0);
  const days = [...Map.groupBy(valid, ({ day }) => day)].sort(([a], [b]) => a - b);
  return days.map(([, day]) => day);
}

function sumDays(days: readonly (readonly DurationCount[])[]): RecentJobs {
  const counts = new Float64Array(BUCKETS);
  let total = 0;
  for (const { bucket, count } of days.flat()) {
    counts[bucket] = (counts[bucket] ?? 0) + count;
    total += count;
  }
  return { counts, total };
}

/**
 * Returns the days since the durations last changed. The oldest day comes first. For each day, a t-test compares the
 * jobs before the day with all later jobs. The function drops the days before the largest significant difference, and
 * searches the remaining days again. The test compares ranks, so a few failed or stuck jobs have little effect on the
 * result. Source: W. J. Conover and R. L. Iman, "Rank transformations as a bridge between parametric and nonparametric
 * statistics", The American Statistician 35 (1981).
 */
function daysSinceChange(days: readonly (readonly DurationCount[])[]): readonly (readonly DurationCount[])[] {
  const all = days.flat();
  const ranks = rankBuckets(all);
  const { jobs, rankSum, squareSum } = sumRanks(all, ranks);
  let [jobsBefore, rankSumBefore] = [0, 0];
  let [start, largest] = [0, MIN_CHANGE_STANDARD_ERRORS];
  for (const [index, day] of days.entries()) {
    const jobsAfter = jobs - jobsBefore;
    if (Math.min(jobsBefore, jobsAfter) >= MIN_CHANGE_JOBS) {
      const [before, after] = [rankSumBefore / jobsBefore, (rankSum - rankSumBefore) / jobsAfter];
      const deviations = squareSum - jobsBefore * before ** 2 - jobsAfter * after ** 2;
      const variance = Math.max(MIN_RANK_VARIANCE, deviations / (jobs - 2));
      const standardError = Math.sqrt(variance * (1 / jobsBefore + 1 / jobsAfter));
      const difference = Math.abs(before - after) / standardError;
      if (difference > largest) [start, largest] = [index, difference];
    }
    const sums = sumRanks(day, ranks);
    jobsBefore += sums.jobs;
    rankSumBefore += sums.rankSum;
  }
  return start === 0 ? days : daysSinceChange(days.slice(start));
}

function sumRanks(
  counts: readonly DurationCount[],
  ranks: ReadonlyMap<number, number>,
): { readonly jobs: number; readonly rankSum: number; readonly squareSum: number } {
  let [jobs, rankSum, squareSum] = [0, 0, 0];
  for (const { bucket, count } of counts) {
    const rank = ranks.get(bucket) ?? 0;
    jobs += count;
    rankSum += count * rank;
    squareSum += count * rank ** 2;
  }
  return { jobs, rankSum, squareSum };
}

/**
 * Returns the rank of each bucket (range of durations). The shortest bucket has the rank 0, and the longest bucket has
 * the rank 1. The rank is the share of jobs in lower buckets, plus half the share of jobs in the same bucket.
 */
function rankBuckets(durations: readonly DurationCount[]): ReadonlyMap<number, number> {
  const jobs = durations.reduce((sum, { count }) => sum + count, 0);
  const ranks = new Map<number, number>();
  let lower = 0;
  for (const [bucket, counts] of [...Map.groupBy(durations, ({ bucket }) => bucket)].sort(
    ([a], [b]) => a - b,
  )) {
    const own = counts.reduce((sum, { count }) => sum + count, 0);
    ranks.set(bucket, (lower + own / 2) / jobs);
    lower += own;
  }
  return ranks;
}
