import { BUCKETS, type DurationCount } from "./durations.ts";
import { priorSurvival } from "./prior.ts";
import { recencyWeights } from "./recency.ts";

/** How many past jobs the prior counts for: enough for what has not been seen yet, and no more looks than that is worth. */
const PRIOR_JOBS = 1;
/** Bounds of the smoothing, in buckets to either side. */
const NARROWEST = 2;
const WIDEST = 24;

/**
 * The learned survival of jobs of a type: the probability that one outlives the start of each bucket. The past is
 * smoothed, each job over the distance to its nearest neighbours (narrow where jobs are many, wide in the tail),
 * and mixed with the prior as if that were a few jobs more.
 */
export function learnedSurvival(
  jobType: string | null,
  durations: readonly DurationCount[],
  epoch: number,
): Float64Array {
  const known = learned.get(durations);
  if (known?.epoch === epoch && known.jobType === jobType) return known.survival;
  const survival = learn(jobType, durations, epoch);
  learned.set(durations, { jobType, epoch, survival });
  return survival;
}

/** What was learned of a list of counts; whoever keeps the list for a while learns from it once. */
const learned = new WeakMap<
  readonly DurationCount[],
  { readonly jobType: string | null; readonly epoch: number; readonly survival: Float64Array }
>();

function learn(jobType: string | null, durations: readonly DurationCount[], epoch: number): Float64Array {
  const prior = priorSurvival(jobType);
  const counts = weighCounts(durations, epoch);
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return prior;
  const density = smoothed(counts, total);
  const priorShare = PRIOR_JOBS / (PRIOR_JOBS + total);
  const survival = new Float64Array(BUCKETS + 1);
  let beyond = 0;
  survival[BUCKETS] = priorShare * (prior[BUCKETS] ?? 0);
  for (let bucket = BUCKETS - 1; bucket >= 0; bucket--) {
    beyond += density[bucket] ?? 0;
    survival[bucket] = priorShare * (prior[bucket] ?? 0) + ((1 - priorShare) * beyond) / total;
  }
  return survival;
}

/** Adds up the counts of all epochs per bucket, each epoch weighing what it still tells of today. */
function weighCounts(durations: readonly DurationCount[], epoch: number): Float64Array {
  const weights = recencyWeights(durations, epoch);
  const counts = new Float64Array(BUCKETS);
  for (const { bucket, count, epoch: then } of durations) {
    if (bucket >= 0 && bucket < BUCKETS && count > 0)
      counts[bucket] = (counts[bucket] ?? 0) + count * (weights.get(then) ?? 0);
  }
  return counts;
}

function smoothed(counts: Float64Array, total: number): Float64Array {
  const density = new Float64Array(BUCKETS);
  const neighbours = Math.min(total, 2 + 0.6 * total ** 0.7);
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const count = counts[bucket] ?? 0;
    if (count > 0) spread(density, bucket, count, reach(counts, bucket, neighbours, total));
  }
  return density;
}

/** How many buckets to either side hold so many neighbours; few jobs in all are never taken as certainty. */
function reach(counts: Float64Array, bucket: number, neighbours: number, total: number): number {
  let found = counts[bucket] ?? 0;
  let distance = 0;
  while (found < neighbours && distance < WIDEST) {
    distance++;
    found += (counts[bucket - distance] ?? 0) + (counts[bucket + distance] ?? 0);
  }
  return Math.min(WIDEST, Math.max(NARROWEST, Math.ceil(12 / Math.sqrt(total)), distance));
}

/** Spreads a count as a triangle; what would fall before the start is folded back. */
function spread(density: Float64Array, bucket: number, count: number, distance: number): void {
  const unit = count / (distance + 1) ** 2;
  for (let offset = -distance; offset <= distance; offset++) {
    const at = Math.min(BUCKETS - 1, Math.abs(bucket + offset));
    density[at] = (density[at] ?? 0) + unit * (distance + 1 - Math.abs(offset));
  }
}
