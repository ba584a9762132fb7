import {
  BUCKETS,
  bucketStartSeconds,
  countJobsPerBucketSinceDurationsChanged,
  type DurationCount,
  fractionalBucketOfDuration,
} from "./duration-counts.ts";

/**
 * The durations of only a few ended jobs are not reliable. If few jobs of a type have ended, the service adds assumed
 * jobs. `EARLY_FAILURES` is the share of assumed jobs that fail soon after their start.
 */
const EARLY_FAILURES = 0.05;
/** `STUCK_JOBS` is the share of assumed jobs that get stuck and take very long. */
const STUCK_JOBS = 0.03;
/** After `HALFWAY_JOBS` real jobs have ended, the assumed jobs that do not get stuck count half. */
const HALFWAY_JOBS = 8;
/** Even after many real jobs have ended, the assumed stuck jobs together still count as `MIN_STUCK_JOBS` jobs. */
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
 * The function searches for ended jobs in at most `MAX_DISTANCE` buckets (ranges of durations) above and below a
 * bucket. For long durations, a distance of 150 buckets means a factor of about 20.
 */
const MAX_DISTANCE = 150;

/**
 * Returns the survival curve of a job type: the probability that a job still runs at each age. The array contains one
 * probability for the shortest duration of each bucket (a range of durations). The curve combines assumed jobs with the
 * smoothed durations of ended jobs. If the usual duration of jobs has changed, the function ignores all jobs before the
 * change.
 */
export function getCachedSurvivalAtBucketStarts(
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
 * The computed survival curves. The key of a curve is the array object with the duration counts, so the service
 * computes the curve of an array only once.
 */
const survivals = new WeakMap<
  readonly DurationCount[],
  { readonly jobType: string | null; readonly survival: Float64Array }
>();

export function survivalAt(survival: Float64Array, ageSeconds: number): number {
  return survivalAtFractionalBucket(survival, fractionalBucketOfDuration(ageSeconds));
}

/**
 * Returns the probability that a job still runs at an age. Inside a bucket, the function interpolates linearly.
 * @param fractionalBucket the age, converted by `fractionalBucketOfDuration`
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
 * Spreads the jobs of each bucket over the neighboring buckets (kernel density estimate). Each bucket becomes a
 * triangle whose area is the number of its jobs. If the nearest ended jobs are far away, the triangle is wide. Half the
 * width of a triangle grows with the square root of the distance to the nearest ended jobs. With only a few ended jobs,
 * all triangles are wide, so the estimated distribution is not too narrow. Source: I. S. Abramson, "On bandwidth
 * variation in kernel estimates", Annals of Statistics 10 (1982).
 * @param countsSum the total number of jobs, which is also the sum of all returned numbers
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

/** Returns how many buckets below and above `bucket` the function must add to find at least `jobs` jobs. */
function distanceTo(jobs: number, counts: Float64Array, bucket: number): number {
  let missing = jobs - (counts[bucket] ?? 0);
  for (let distance = 1; missing > 0 && distance <= MAX_DISTANCE; distance++) {
    const found = (counts[bucket - distance] ?? 0) + (counts[bucket + distance] ?? 0);
    if (found >= missing) return distance - 1 + missing / found;
    missing -= found;
  }
  return missing > 0 ? MAX_DISTANCE : 0;
}

/**
 * Adds a triangle with the area `count` around `bucket` to `density`. A part of the triangle below bucket 0 is added
 * above bucket 0, for example a value for bucket -2 to bucket 2.
 */
function addTriangle(density: Float64Array, bucket: number, count: number, halfWidth: number): void {
  const reach = Math.floor(Math.min(halfWidth, BUCKETS));
  const area = (2 * reach + 1) * (halfWidth + 1) - reach * (reach + 1);
  for (let offset = -reach; offset <= reach; offset++) {
    const at = Math.min(BUCKETS - 1, Math.abs(bucket + offset));
    density[at] = (density[at] ?? 0) + (count * (halfWidth + 1 - Math.abs(offset))) / area;
  }
}

/** The durations that the service assumes for a group of job types. */
interface Assumption {
  /** The service assumes that most jobs of the group take from `fromSeconds` to `toSeconds`. */
  readonly fromSeconds: number;
  readonly toSeconds: number;
  /** Returns the share of normal jobs that still run at an age. Normal jobs neither fail early nor get stuck. */
  readonly normalSurvival: (ageSeconds: number) => number;
}

/**
 * For each bucket, returns the number of assumed jobs that take longer than the shortest duration in the bucket. In
 * statistics, the assumed jobs are called a Bayesian prior. The returned array has `BUCKETS` + 1 numbers, in falling
 * order and all above 0. The first number is the total weight of the assumed jobs. Without an ended job, the total
 * weight is 1. Each ended job reduces the weight of the assumed jobs.
 * @param endedJobCount the number of real jobs that have ended
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

/** For each bucket, the share of assumed jobs that take longer than the shortest duration in the bucket. */
interface AssumedSurvival {
  readonly notStuck: Float64Array;
  readonly stuck: Float64Array;
  /**
   * The curve to use while no real job has ended. The function always returns the same array object, so that a cache
   * can use the array as a key.
   */
  readonly withoutHistory: Float64Array;
}

/** The service computes the assumed curves only once, because they need many logarithms. */
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
 * Assumes that all durations from `fromSeconds` to `toSeconds` are equally probable. At both ends of the range, the
 * survival probability changes slowly and not suddenly (logistic curve). The service does not know the real durations
 * of the jobs. A poll plan for the whole range costs only a little more than a plan for the real durations.
 */
function evenBetween(fromSeconds: number, toSeconds: number, edgeSeconds: number): Assumption {
  const softRamp = (age: number, start: number) => edgeSeconds * softplus((age - start) / edgeSeconds);
  const survival = (age: number) =>
    Math.max(0, 1 - (softRamp(age, fromSeconds) - softRamp(age, toSeconds)) / (toSeconds - fromSeconds));
  return { fromSeconds, toSeconds, normalSurvival: (age) => survival(age) / survival(0) };
}

/** Returns ln(1 + eˣ). The formula also works for a large x, for which eˣ would overflow. */
function softplus(x: number): number {
  return Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)));
}

/**
 * Returns the share of jobs that take longer than `seconds` if the durations have a log-logistic distribution. A higher
 * `shape` makes the distribution narrower.
 */
function logLogistic(seconds: number, medianSeconds: number, shape: number): number {
  return 1 / (1 + (seconds / medianSeconds) ** shape);
}
