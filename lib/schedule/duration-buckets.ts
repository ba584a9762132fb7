import type { Instant } from "../domain/job.ts";

/** How many jobs of one type in one project ended on a day with a duration in a bucket. */
export interface DurationCount {
  /** The day on which the jobs ended, counted from 1970. */
  readonly day: number;
  readonly bucket: number;
  readonly count: number;
}

/** Counts under this type are of all jobs together. They are used while a job's type is unknown. */
export const ANY_TYPE = "*";

const DAY_MS = 86_400_000;
const KEPT_DAYS = 728;
/** Buckets are 2 % wide. The first ones are 0.2 s wide, because buckets are evenly spaced in ln(1 + seconds / 10). */
const BUCKET_WIDTH = 0.02;
const LINEAR_SECONDS = 10;
/** A watch lasts at most a week. A longer duration counts as a week. */
const MAX_DURATION_SECONDS = 7 * 86_400;
/** The number of buckets. They are numbered from 0. */
export const BUCKETS = Math.ceil(bucketPosition(MAX_DURATION_SECONDS));

/** Returns the bucket of a job's duration, from 0 to `BUCKETS` - 1. The duration runs from creation to end. */
export function durationBucket(seconds: number): number {
  const position = bucketPosition(Math.max(0, seconds));
  return Number.isNaN(position) ? 0 : Math.min(BUCKETS - 1, Math.floor(position));
}

/** Returns the position of a duration on the scale of buckets. For example, 3.5 is the middle of bucket 3. */
export function bucketPosition(seconds: number): number {
  return Math.log1p(seconds / LINEAR_SECONDS) / BUCKET_WIDTH;
}

/** Returns the shortest duration of a bucket in seconds. This is the inverse of `bucketPosition`. */
export function bucketStartSeconds(bucket: number): number {
  return LINEAR_SECONDS * Math.expm1(bucket * BUCKET_WIDTH);
}

/** Returns the day of an instant, counted from 1970. */
export function durationDay(now: Instant): number {
  return Math.floor(now / DAY_MS);
}

/** Returns the time at which the counts of a day are deleted. */
export function durationExpiry(day: number): Instant {
  return (day + 1 + KEPT_DAYS) * DAY_MS;
}
