import { assumedJobsLongerThan } from "./assumed-jobs.ts";
import { BUCKETS, bucketPosition, type DurationCount } from "./duration-buckets.ts";
import { countRecentJobs } from "./recent-jobs.ts";
import { smoothCounts } from "./smooth-counts.ts";

/**
 * Returns the survival curve of a job type. For each bucket, the curve has the probability that a job lasts longer than
 * the start of the bucket. The function smooths the job durations since their last change and adds the assumed jobs of
 * `assumedJobsLongerThan`.
 */
export function learnSurvivalCurve(
  jobType: string | null,
  durations: readonly DurationCount[],
): Float64Array {
  const known = survivals.get(durations);
  if (known?.jobType === jobType) return known.survival;
  const survival = learn(jobType, durations);
  survivals.set(durations, { jobType, survival });
  return survival;
}

/**
 * The survival curve for each list of counts of job durations. If a caller caches a list of counts, the function
 * computes the curve only once.
 */
const survivals = new WeakMap<
  readonly DurationCount[],
  { readonly jobType: string | null; readonly survival: Float64Array }
>();

/**
 * Returns the probability that a job lasts longer than an age. The function interpolates between the starts of two
 * buckets.
 */
export function survivalAt(survival: Float64Array, ageSeconds: number): number {
  const position = Math.min(BUCKETS, bucketPosition(ageSeconds));
  const bucket = Math.min(BUCKETS - 1, Math.floor(position));
  const [start, end] = [survival[bucket] ?? 0, survival[bucket + 1] ?? 0];
  return start + (end - start) * (position - bucket);
}

function learn(jobType: string | null, durations: readonly DurationCount[]): Float64Array {
  const { counts, total } = countRecentJobs(durations);
  const prior = assumedJobsLongerThan(jobType, total);
  if (total === 0) return prior;
  const density = smoothCounts(counts, total);
  const jobs = total + (prior[0] ?? 0);
  let longer = 0;
  const survival = new Float64Array(BUCKETS + 1);
  for (let bucket = BUCKETS; bucket >= 0; bucket--) {
    longer += density[bucket] ?? 0;
    survival[bucket] = ((prior[bucket] ?? 0) + longer) / jobs;
  }
  return survival;
}
