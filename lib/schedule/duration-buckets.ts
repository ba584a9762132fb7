import type { Instant } from "../domain/job.ts";

/**
 * The number of jobs that ended on one day and whose durations are in one bucket (a range of durations). A list of such
 * counts is for one job type.
 */
export interface DurationCount {
  /** The day on which the jobs ended, as the number of days since 1970-01-01. */
  readonly day: number;
  readonly bucket: number;
  readonly count: number;
}

/**
 * The counts for this job type contain all jobs of a project, whatever their type. The service uses these counts for a
 * new job, because its type is not known yet.
 */
export const ANY_TYPE = "*";

const DAY_MS = 86_400_000;
const KEPT_DAYS = 728;
/**
 * For long durations, a bucket is 2 % of the duration wide. The buckets for the shortest durations are 0.2 s wide. The
 * scale of the buckets is ln(1 + seconds / 10).
 */
const BUCKET_WIDTH = 0.02;
const LINEAR_SECONDS = 10;
/** A watch lasts at most a week. If a job takes more than a week, the duration counts as a week. */
const MAX_DURATION_SECONDS = 7 * 86_400;
/** The number of buckets of job durations. The first bucket has the number 0. */
export const BUCKETS = Math.ceil(bucketPosition(MAX_DURATION_SECONDS));

/**
 * Returns the number of the bucket for a job's duration, from 0 to `BUCKETS` - 1.
 * @param seconds the time between the creation of the job and the end of the job.
 */
export function durationBucket(seconds: number): number {
  const position = bucketPosition(Math.max(0, seconds));
  return Number.isNaN(position) ? 0 : Math.min(BUCKETS - 1, Math.floor(position));
}

/** Returns the position of a duration on the scale of buckets. For example, position 3.5 is the middle of bucket 3. */
export function bucketPosition(seconds: number): number {
  return Math.log1p(seconds / LINEAR_SECONDS) / BUCKET_WIDTH;
}

/** Returns the shortest duration of a bucket in seconds. This function is the inverse of `bucketPosition`. */
export function bucketStartSeconds(bucket: number): number {
  return LINEAR_SECONDS * Math.expm1(bucket * BUCKET_WIDTH);
}

/** Returns the number of whole days between 1970-01-01 and an instant, in UTC. */
export function daysSince1970(now: Instant): number {
  return Math.floor(now / DAY_MS);
}

/** Returns the time after which the ledger may delete the duration counts of a day. */
export function durationCountExpiry(day: number): Instant {
  return (day + 1 + KEPT_DAYS) * DAY_MS;
}
