import * as z from "zod/mini";
import { Count, numberSchema } from "../domain/zod-fields.ts";
import {
  BUCKETS,
  bucketStartSeconds,
  countJobsPerBucketSinceDurationsChanged,
  type DurationCount,
  fractionalBucketOfDuration,
} from "./duration-counts.ts";

const Seconds = numberSchema(z.minimum(0));

/** The usual duration of jobs of one type in a project, from the durations of ended jobs. */
export const Expected = z.object({
  p50Seconds: Seconds,
  p90Seconds: Seconds,
  /** The number of ended jobs from which the service computed the durations. */
  fromJobs: Count,
  /**
   * The probable time until the end of the running job, in seconds (median). If no ended job took as long as the
   * running job, `remainingSeconds` is null.
   */
  remainingSeconds: z.nullable(Seconds),
});
export type Expected = z.infer<typeof Expected>;

/**
 * Estimates the duration of a job from the durations of ended jobs of the same type. If the usual duration of jobs has
 * changed, the function ignores all jobs before the change. If no job of the type has ended, the function returns null.
 */
export function computeExpectedDuration(
  durations: readonly DurationCount[],
  ageSeconds: number,
): Expected | null {
  const { counts, total } = countJobsPerBucketSinceDurationsChanged(durations);
  if (total === 0) return null;
  const age = fractionalBucketOfDuration(ageSeconds);
  const longer = counts.map((count, bucket) => (bucket >= age ? count : 0));
  const longerJobs = longer.reduce((sum, count) => sum + count, 0);
  return {
    p50Seconds: roundedBucketMiddleSeconds(bucketOfRank(counts, 0.5 * total)),
    p90Seconds: roundedBucketMiddleSeconds(bucketOfRank(counts, 0.9 * total)),
    fromJobs: total,
    remainingSeconds:
      longerJobs === 0
        ? null
        : roundToTenthOfSecond(Math.max(0, middleOf(bucketOfRank(longer, longerJobs / 2)) - ageSeconds)),
  };
}

/**
 * Returns the bucket of the job at position `rank` in the list of all jobs, sorted by duration.
 * @param rank a position greater than 0. The shortest job has the position 1.
 */
export function bucketOfRank(counts: Float64Array, rank: number): number {
  let jobs = 0;
  for (const [bucket, count] of counts.entries()) {
    jobs += count;
    if (jobs >= rank) return bucket;
  }
  return BUCKETS - 1;
}

const middleOf = (bucket: number): number => bucketStartSeconds(bucket + 0.5);
export const roundedBucketMiddleSeconds = (bucket: number): number => roundToTenthOfSecond(middleOf(bucket));
export const roundToTenthOfSecond = (seconds: number): number => Math.round(seconds * 10) / 10;
