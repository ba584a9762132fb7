import { BUCKETS, bucketPosition, type DurationCount } from "./duration-buckets.ts";
import { priorJobs } from "./prior-jobs.ts";
import { smoothCounts } from "./smooth-counts.ts";

/**
 * Only the latest days are used that have at least this many jobs together. So a change of the durations is learned
 * within this many jobs. More jobs would learn a steady distribution only a little better (see docs/schedule.md).
 */
const RECENT_JOBS = 60;

/**
 * Returns the survival of jobs of a type: the probability that a job lasts longer than the start of each bucket. It is
 * learned from the durations of recent jobs. These are smoothed and added to the prior.
 */
export function learnedSurvival(jobType: string | null, durations: readonly DurationCount[]): Float64Array {
  const known = survivals.get(durations);
  if (known?.jobType === jobType) return known.survival;
  const survival = learn(jobType, durations);
  survivals.set(durations, { jobType, survival });
  return survival;
}

/** The survival that was learned from a list of counts. A list that is cached elsewhere is learned from only once. */
const survivals = new WeakMap<
  readonly DurationCount[],
  { readonly jobType: string | null; readonly survival: Float64Array }
>();

/** Returns the survival at an age in seconds. Between the starts of two buckets it is interpolated. */
export function survivalAt(survival: Float64Array, age: number): number {
  const position = Math.min(BUCKETS, bucketPosition(age));
  const bucket = Math.min(BUCKETS - 1, Math.floor(position));
  const [start, end] = [survival[bucket] ?? 0, survival[bucket + 1] ?? 0];
  return start + (end - start) * (position - bucket);
}

function learn(jobType: string | null, durations: readonly DurationCount[]): Float64Array {
  const counts = recentCounts(
    durations.filter(({ bucket, count }) => bucket >= 0 && bucket < BUCKETS && count > 0),
  );
  const total = counts.reduce((sum, count) => sum + count, 0);
  const prior = priorJobs(jobType, total);
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

/** Returns the number of jobs in each bucket, over the latest days that have `RECENT_JOBS` jobs together. */
function recentCounts(durations: readonly DurationCount[]): Float64Array {
  const counts = new Float64Array(BUCKETS);
  let [jobs, day] = [0, Number.POSITIVE_INFINITY];
  for (const duration of durations.toSorted((a, b) => b.day - a.day)) {
    if (jobs >= RECENT_JOBS && duration.day < day) break;
    counts[duration.bucket] = (counts[duration.bucket] ?? 0) + duration.count;
    [jobs, day] = [jobs + duration.count, duration.day];
  }
  return counts;
}
