import type { Instant } from "../domain/job.ts";

/**
 * The durations before and after a day are different only if their mean ranks differ by more than 4.5 standard errors.
 */
const MIN_CHANGE_STANDARD_ERRORS = 4.5;
/**
 * The minimum number of jobs that must have ended before a change and after a change. The durations of fewer jobs can
 * differ by chance.
 */
const MIN_CHANGE_JOBS = 4;
/**
 * The minimum for the variance of the ranks. The reason: if all jobs are in the same bucket, the variance is 0, and the
 * code must not divide by 0.
 */
const MIN_RANK_VARIANCE = 0.01;

/** The number of jobs of one type that ended on one day, with a duration in one bucket (a range of durations). */
export interface DurationCount {
  /** The day on which the jobs ended, in days since 1970-01-01. */
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
 * A bucket is a range of durations. The first buckets are 0.2 s wide. The buckets of long durations are as wide as 2 %
 * of the duration. The bucket of a duration is ln(1 + seconds / 10) divided by `BUCKET_WIDTH`.
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

/** Converts a duration to a bucket number with decimal places. For example, 3.5 means the middle of bucket 3. */
export function fractionalBucketOfDuration(seconds: number): number {
  return Math.log1p(seconds / LINEAR_SECONDS) / BUCKET_WIDTH;
}

/** Returns the shortest duration of a bucket (a range of durations) in seconds. */
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

/** Counts the jobs in each bucket. The function ignores all days before the latest change of the usual job duration. */
export function countJobsPerBucketSinceDurationsChanged(durations: readonly DurationCount[]): RecentJobs {
  return sumDays(daysSinceChange(groupByDay(durations)));
}

/**
 * Counts the jobs in each bucket (range of durations) for the latest days. The function takes only the latest days that
 * together contain at least `minJobs` jobs. If all days together contain fewer jobs, the function takes all days.
 */
export function countJobsPerBucketAndTotalOfLatestDays(
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

/** Groups the duration counts by day. In the result, the oldest day comes first. */
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
 * Returns the days since the latest change of the usual job duration, oldest day first. For each day, a t-test compares
 * all jobs before the day with all other jobs. If there is a significant difference, the function drops all days before
 * the day with the largest difference, and tests the remaining days again. The test compares ranks, so a few failed or
 * stuck jobs have little effect on the result. Source: W. J. Conover and R. L. Iman, "Rank transformations as a bridge
 * between parametric and nonparametric statistics", The American Statistician 35 (1981).
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
 * Returns a rank from 0 to 1 for each bucket (range of durations). The rank is the share of jobs in lower buckets, plus
 * half the share of jobs in the same bucket.
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
