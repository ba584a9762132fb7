import type { Instant } from "../domain/job.ts";

/** Counts of ended jobs of one type in one project: what the ledger keeps of the past. */
export interface DurationCount {
  /** The day they ended, counted from 1970. */
  readonly day: number;
  readonly bucket: number;
  readonly count: number;
}

const DAY_MS = 86_400_000;
/** Four half-generations of what is learned (see recency): what is older has no say any more. */
const KEPT_DAYS = 728;
/** Under this, jobs of all types together are counted: a job whose type nobody has seen yet is one of them. */
export const ANY_TYPE = "*";
/** Buckets are 2 % wide, and 0.2 s wide at the start: they are evenly spaced in ln(1 + seconds / 10). */
const BUCKET_WIDTH = 0.02;
const LINEAR_SECONDS = 10;
/** No watch lasts longer than a week; what took longer counts as that. */
const LONGEST_SECONDS = 7 * 86_400;
/** Buckets are numbered from 0 up to, not including, this. */
export const BUCKETS = Math.ceil(bucketPosition(LONGEST_SECONDS));

/** The bucket of a job that took `seconds` from its creation to its end: an integer from 0 to `BUCKETS` - 1. */
export function durationBucket(seconds: number): number {
  const position = bucketPosition(Math.max(0, seconds));
  return Number.isNaN(position) ? 0 : Math.min(BUCKETS - 1, Math.floor(position));
}

/** Where a duration lies among the buckets: 3.5 is the middle of bucket 3 on the bucket's scale. */
export function bucketPosition(seconds: number): number {
  return Math.log1p(seconds / LINEAR_SECONDS) / BUCKET_WIDTH;
}

/** The inverse of `bucketPosition`: where a bucket begins, in seconds. */
export function bucketStartSeconds(bucket: number): number {
  return LINEAR_SECONDS * Math.expm1(bucket * BUCKET_WIDTH);
}

/** The day that `now` lies in, counted from 1970. */
export function durationDay(now: Instant): number {
  return Math.floor(now / DAY_MS);
}

/** Until when what a day has counted is of use. */
export function durationExpiry(day: number): Instant {
  return (day + 1 + KEPT_DAYS) * DAY_MS;
}
