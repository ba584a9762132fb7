import type { Instant } from "../job.ts";

/** Counts of ended jobs of one type in one project: what the ledger keeps of the past. */
export interface DurationCount {
  readonly epoch: number;
  readonly bucket: number;
  readonly count: number;
}

const DAY_MS = 86_400_000;
/** One epoch is a week: short enough that a change of the cloud shows within the histogram. */
const EPOCH_MS = 7 * DAY_MS;
/** Four half-lives of what is learned (see recency): what is older has no say any more. */
const KEPT_EPOCHS = 104;
/** Under this, jobs of all types together are counted: a job whose type nobody has seen yet is one of them. */
export const ANY_TYPE = "*";
/** Buckets are 2 % wide, and 0.2 s wide at the start: they are evenly spaced in ln(1 + seconds / 10). */
export const BUCKET_WIDTH = 0.02;
const LINEAR_SECONDS = 10;
/** No watch lasts longer than a week; what took longer counts as that. */
const LONGEST_SECONDS = 7 * 86_400;
/** Buckets are numbered from 0 up to, not including, this. */
export const BUCKETS = Math.ceil(Math.log1p(LONGEST_SECONDS / LINEAR_SECONDS) / BUCKET_WIDTH);

/** The bucket of a job that took `seconds` from its creation to its end: an integer from 0 to `BUCKETS` - 1. */
export function durationBucket(seconds: number): number {
  const position = Math.log1p(Math.max(0, seconds) / LINEAR_SECONDS) / BUCKET_WIDTH;
  return Number.isNaN(position) ? 0 : Math.min(BUCKETS - 1, Math.floor(position));
}

/** Where a bucket begins, in seconds. Takes fractions too: 3.5 is the middle of bucket 3 on the bucket's scale. */
export function bucketStartSeconds(bucket: number): number {
  return LINEAR_SECONDS * Math.expm1(bucket * BUCKET_WIDTH);
}

/** The epoch (a week, counted from 1970) that `now` lies in. */
export function durationEpoch(now: Instant): number {
  return Math.floor(now / EPOCH_MS);
}

/** Until when what an epoch has counted is of use. */
export function durationExpiry(epoch: number): Instant {
  return (epoch + 1 + KEPT_EPOCHS) * EPOCH_MS;
}
