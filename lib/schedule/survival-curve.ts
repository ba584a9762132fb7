import {
  BUCKETS,
  bucketStartSeconds,
  countJobsPerBucketSinceDurationsChanged,
  type DurationCount,
  fractionalBucketOfDuration,
} from "./duration-counts.ts";

/**
 * The schedule adds assumed jobs to the ended jobs of a type, because few jobs of the type may have ended. The share
 * `EARLY_FAILURES` of the assumed jobs fails soon after the start.
 */
const EARLY_FAILURES = 0.05;
/** The share `STUCK_JOBS` of the assumed jobs is stuck and takes very long. */
const STUCK_JOBS = 0.03;
/** After eight ended jobs, the weight of the assumed normal jobs is half of its initial value. */
const HALFWAY_JOBS = 8;
/** The assumed stuck jobs always count as at least 0.45 jobs. */
const MIN_STUCK_JOBS = 0.45;

/** CCE creates clusters and nodes in 5 to 10 minutes. CCE deletes clusters and nodes in 1 to 3 minutes. */
const ASSUMPTIONS: readonly (readonly [RegExp, Assumption])[] = [
  [/^(delete|remove|uninstall)/i, evenBetween(60, 160, 15)],
  [/^(create|resize|scaleup|upgrade).*cluster/i, evenBetween(300, 620, 30)],
  [/^(create|add|install|scaleup).*node/i, evenBetween(250, 570, 30)],
];
const OTHER_TYPES: Assumption = {
  fromSeconds: 100,
  toSeconds: 400,
  normalSurvival: (age) => logLogistic(age, 200, 1.5),
};

/**
 * The maximum distance between two neighboring ended jobs, in buckets (ranges of durations). If two long durations are
 * 150 buckets apart, one is about 20 times the other.
 */
const MAX_DISTANCE = 150;

/**
 * Returns the survival curve of a job type. For each bucket, the survival curve contains the probability that a job
 * lasts longer than the shortest duration in the bucket. The curve combines assumed jobs
 * (`assumedJobsLongerThanEachBucketStart`) with the smoothed durations of ended jobs since the last change of the
 * durations.
 */
export function getCachedSurvivalCurve(
  jobType: string | null,
  durations: readonly DurationCount[],
): Float64Array {
  const known = survivals.get(durations);
  if (known?.jobType === jobType) return known.survival;
  const survival = learn(jobType, durations);
  survivals.set(durations, { jobType, survival });
  return survival;
}

/** The survival curve for each list of duration counts. No curve is computed twice for the same list of counts. */
const survivals = new WeakMap<
  readonly DurationCount[],
  { readonly jobType: string | null; readonly survival: Float64Array }
>();

export function survivalAt(survival: Float64Array, ageSeconds: number): number {
  return survivalAtFractionalBucket(survival, fractionalBucketOfDuration(ageSeconds));
}

/**
 * Returns the probability that a job lasts longer than an age. Interpolates between the probabilities at the start and
 * at the end of the bucket of this age.
 * @param fractionalBucket the age as a result of `fractionalBucketOfDuration`
 */
export function survivalAtFractionalBucket(survival: Float64Array, fractionalBucket: number): number {
  const position = Math.min(BUCKETS, fractionalBucket);
  const bucket = Math.min(BUCKETS - 1, Math.floor(position));
  const [start, end] = [survival[bucket] ?? 0, survival[bucket + 1] ?? 0];
  return start + (end - start) * (position - bucket);
}

function learn(jobType: string | null, durations: readonly DurationCount[]): Float64Array {
  const { counts, total } = countJobsPerBucketSinceDurationsChanged(durations);
  const prior = assumedJobsLongerThanEachBucketStart(jobType, total);
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

/**
 * Spreads the jobs of each bucket over the neighboring buckets (kernel density estimate with triangles). A triangle is
 * narrow where many jobs ended, and wide where few jobs ended. The half width of a triangle grows with the square root
 * of the distance to the nearest jobs. If only a few jobs have ended, the triangles are wide, so the estimated
 * distribution is not too narrow. Source: I. S. Abramson, "On bandwidth variation in kernel estimates", Annals of
 * Statistics 10 (1982).
 * @param countsSum the sum of all counts. The sum of the returned array equals `countsSum`.
 */
export function smoothCounts(counts: Float64Array, countsSum: number): Float64Array {
  const density = new Float64Array(BUCKETS);
  const nearestJobs = Math.min(countsSum, 1 + 0.6 * countsSum ** 0.7);
  const minHalfWidth = 30 / Math.sqrt(countsSum);
  for (const [bucket, count] of counts.entries()) {
    if (count === 0) continue;
    const halfWidth = 3 * Math.sqrt(0.5 + distanceTo(nearestJobs, counts, bucket));
    addTriangle(density, bucket, count, Math.max(minHalfWidth, halfWidth));
  }
  return density;
}

/** Returns the distance in buckets within which `jobs` jobs lie around `bucket`. */
function distanceTo(jobs: number, counts: Float64Array, bucket: number): number {
  let missing = jobs - (counts[bucket] ?? 0);
  for (let distance = 1; missing > 0 && distance <= MAX_DISTANCE; distance++) {
    const found = (counts[bucket - distance] ?? 0) + (counts[bucket + distance] ?? 0);
    if (found >= missing) return distance - 1 + missing / found;
    missing -= found;
  }
  return missing > 0 ? MAX_DISTANCE : 0;
}

/** Adds a triangle with the area `count` to `density`. The part of a triangle below bucket 0 is mirrored. */
function addTriangle(density: Float64Array, bucket: number, count: number, halfWidth: number): void {
  const reach = Math.floor(Math.min(halfWidth, BUCKETS));
  const area = (2 * reach + 1) * (halfWidth + 1) - reach * (reach + 1);
  for (let offset = -reach; offset <= reach; offset++) {
    const at = Math.min(BUCKETS - 1, Math.abs(bucket + offset));
    density[at] = (density[at] ?? 0) + (count * (halfWidth + 1 - Math.abs(offset))) / area;
  }
}

/** The assumed durations for a group of job types. */
interface Assumption {
  /** Most jobs of the group take between `fromSeconds` and `toSeconds`. */
  readonly fromSeconds: number;
  readonly toSeconds: number;
  /** Returns the share of normal jobs (neither failed early nor stuck) that take longer than an age. */
  readonly normalSurvival: (ageSeconds: number) => number;
}

/**
 * For each bucket, returns the number of assumed jobs that last longer than the shortest duration in the bucket. The
 * assumed jobs are a Bayesian prior. The returned array has `BUCKETS` + 1 values. The values fall and are never 0. If
 * no real job has ended, the first value of the array is 1. Each ended real job makes the first value of the array
 * smaller.
 * @param endedJobCount the number of ended jobs
 */
export function assumedJobsLongerThanEachBucketStart(
  jobType: string | null,
  endedJobCount: number,
): Float64Array {
  const assumption =
    ASSUMPTIONS.find(([pattern]) => jobType !== null && pattern.test(jobType))?.[1] ?? OTHER_TYPES;
  const { notStuck, stuck, withoutHistory } = assumedSurvival(assumption);
  if (endedJobCount === 0) return withoutHistory;
  const weight = HALFWAY_JOBS / (HALFWAY_JOBS + endedJobCount);
  const stuckWeight = STUCK_JOBS * weight + MIN_STUCK_JOBS * (1 - weight);
  return notStuck.map(
    (probability, bucket) => (1 - STUCK_JOBS) * weight * probability + stuckWeight * (stuck[bucket] ?? 0),
  );
}

/** The share of assumed jobs that take longer than the start of each bucket. */
interface AssumedSurvival {
  readonly notStuck: Float64Array;
  readonly stuck: Float64Array;
  /**
   * The result of `assumedJobsLongerThanEachBucketStart` for 0 ended jobs. The array is always the same object, so that
   * the caller can cache a plan of polls for the array.
   */
  readonly withoutHistory: Float64Array;
}

/** The assumed survival curves are computed only once, because each value needs several logarithms. */
const assumedSurvivals = new Map<Assumption, AssumedSurvival>();

function assumedSurvival(assumption: Assumption): AssumedSurvival {
  const known = assumedSurvivals.get(assumption);
  if (known !== undefined) return known;
  const ages = Float64Array.from({ length: BUCKETS + 1 }, (_, bucket) => bucketStartSeconds(bucket));
  const notStuck = ages.map((age) => {
    const early = 1 / (1 + age / (assumption.fromSeconds / 4)) ** 2;
    return EARLY_FAILURES * early + (1 - EARLY_FAILURES) * assumption.normalSurvival(age);
  });
  const stuck = ages.map((age) => logLogistic(age, assumption.toSeconds * 2.5, 1.6));
  const withoutHistory = notStuck.map(
    (probability, bucket) => (1 - STUCK_JOBS) * probability + STUCK_JOBS * (stuck[bucket] ?? 0),
  );
  const survival = { notStuck, stuck, withoutHistory };
  assumedSurvivals.set(assumption, survival);
  return survival;
}

/**
 * Assumes that all durations between two ages are equally probable. At both ends, the probability falls gradually
 * (logistic curve). The service does not know the true durations of these jobs. Polls for the whole range cost only a
 * little more than polls for the true duration.
 */
function evenBetween(fromSeconds: number, toSeconds: number, edgeSeconds: number): Assumption {
  const softRamp = (age: number, start: number) => edgeSeconds * softplus((age - start) / edgeSeconds);
  const survival = (age: number) =>
    Math.max(0, 1 - (softRamp(age, fromSeconds) - softRamp(age, toSeconds)) / (toSeconds - fromSeconds));
  return { fromSeconds, toSeconds, normalSurvival: (age) => survival(age) / survival(0) };
}

/** Returns ln(1 + eˣ). This form of the formula avoids an overflow for a large x. */
function softplus(x: number): number {
  return Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)));
}

/**
 * Returns the share of jobs that take longer than `seconds`, for a log-logistic distribution. A higher `shape` makes
 * the distribution narrower.
 */
function logLogistic(seconds: number, medianSeconds: number, shape: number): number {
  return 1 / (1 + (seconds / medianSeconds) ** shape);
}
