import { BUCKETS, type DurationCount } from "./durations.ts";
import { priorJobs } from "./prior.ts";
import { recencyWeights } from "./recency.ts";
import { smoothed } from "./smoothing.ts";

/**
 * The learned survival of jobs of a type: the probability that one outlives the start of each bucket. The past is
 * weighed by what it still tells today, smoothed, and added to the prior.
 */
export function learnedSurvival(
  jobType: string | null,
  durations: readonly DurationCount[],
  today: number,
): Float64Array {
  const known = learned.get(durations);
  if (known?.today === today && known.jobType === jobType) return known.survival;
  const survival = learn(jobType, durations, today);
  learned.set(durations, { jobType, today, survival });
  return survival;
}

/** What was learned of a list of counts; whoever keeps the list for a while learns from it once. */
const learned = new WeakMap<
  readonly DurationCount[],
  { readonly jobType: string | null; readonly today: number; readonly survival: Float64Array }
>();

function learn(jobType: string | null, durations: readonly DurationCount[], today: number): Float64Array {
  const counts = weighCounts(
    durations.filter(({ bucket, count }) => bucket >= 0 && bucket < BUCKETS && count > 0),
    today,
  );
  const total = counts.reduce((sum, count) => sum + count, 0);
  const prior = priorJobs(jobType, total);
  if (total === 0) return prior;
  const density = smoothed(counts, total);
  const jobs = total + (prior[0] ?? 0);
  let beyond = 0;
  const survival = new Float64Array(BUCKETS + 1);
  for (let bucket = BUCKETS; bucket >= 0; bucket--) {
    beyond += density[bucket] ?? 0;
    survival[bucket] = ((prior[bucket] ?? 0) + beyond) / jobs;
  }
  return survival;
}

/** Adds up the counts of all days per bucket, each day weighing what it still tells of today. */
function weighCounts(durations: readonly DurationCount[], today: number): Float64Array {
  const weights = recencyWeights(durations, today);
  const counts = new Float64Array(BUCKETS);
  for (const { bucket, count, day } of durations)
    counts[bucket] = (counts[bucket] ?? 0) + count * (weights.get(day) ?? 0);
  return counts;
}
