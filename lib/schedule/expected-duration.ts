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

/** The usual duration of jobs of one type, computed from ended jobs of the project. */
export const Expected = z.object({
  /** The median duration of the ended jobs. */
  p50Seconds: Seconds,
  p90Seconds: Seconds,
  /** The number of ended jobs from which the service computed the usual duration. */
  fromJobs: Count,
  /**
   * The median remaining time of the running job. `remainingSeconds` is null if the running job already takes longer
   * than all ended jobs.
   */
  remainingSeconds: z.nullable(Seconds),
});
export type Expected = z.infer<typeof Expected>;

/**
 * Returns how long a job is expected to take. Only real jobs since the last change of the durations count. The result
 * is null if no job of the type has ended.
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
 * Returns the bucket of the job at position `rank`, when the jobs are sorted by duration. The shortest job has rank 1.
 */
export function bucketOfRank(counts: Float64Array, rank: number): number {
  let jobs = 0;
  for (const [bucket, count] of counts.entries()) {
    jobs += count;
    if (count > 0 && jobs >= rank) return bucket;
  }
  return BUCKETS - 1;
}

const middleOf = (bucket: number): number => bucketStartSeconds(bucket + 0.5);
export const roundedBucketMiddleSeconds = (bucket: number): number => roundToTenthOfSecond(middleOf(bucket));
export const roundToTenthOfSecond = (seconds: number): number => Math.round(seconds * 10) / 10;
