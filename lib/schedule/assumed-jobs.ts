import { BUCKETS, bucketStartSeconds } from "./duration-buckets.ts";

/** The durations that the service assumes for the jobs of a group of job types. */
interface Assumption {
  /** Most jobs with these types end at an age between `fromSeconds` and `toSeconds`. */
  readonly fromSeconds: number;
  readonly toSeconds: number;
  /** Returns the share of normal jobs (not failed early, not stuck) that last longer than an age. */
  readonly normalSurvival: (ageSeconds: number) => number;
}

/** The share of assumed jobs that fail early. Most early failures happen soon after the start of a job. */
const EARLY_FAILURES = 0.05;
/** The share of assumed jobs that are stuck. */
const STUCK_JOBS = 0.03;
/** After this number of real jobs has ended, assumed normal jobs count only half. */
const HALFWAY_JOBS = 8;
/**
 * Assumed stuck jobs always count at least as much as this number of real jobs. This minimum applies after many real
 * jobs have ended.
 */
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
 * Returns the number of assumed jobs that last longer than the start of each bucket. The assumed jobs are a prior in
 * the sense of Bayes. The returned array has `BUCKETS` + 1 values. The values fall and are never 0. If no real job has
 * ended, the first value of the array is 1. The first value becomes smaller with each real job that has ended.
 * @param ended the number of real jobs that have ended.
 */
export function assumedJobsLongerThan(jobType: string | null, ended: number): Float64Array {
  const assumption =
    ASSUMPTIONS.find(([pattern]) => jobType !== null && pattern.test(jobType))?.[1] ?? OTHER_TYPES;
  const known = withoutHistory.get(assumption);
  if (ended === 0 && known !== undefined) return known;
  const weight = HALFWAY_JOBS / (HALFWAY_JOBS + ended);
  const stuckWeight = STUCK_JOBS * weight + MIN_STUCK_JOBS * (1 - weight);
  const jobs = Float64Array.from({ length: BUCKETS + 1 }, (_, bucket) => {
    const age = bucketStartSeconds(bucket);
    const early = 1 / (1 + age / (assumption.fromSeconds / 4)) ** 2;
    const notStuck = EARLY_FAILURES * early + (1 - EARLY_FAILURES) * assumption.normalSurvival(age);
    const stuck = logLogistic(age, assumption.toSeconds * 2.5, 1.6);
    return (1 - STUCK_JOBS) * weight * notStuck + stuckWeight * stuck;
  });
  if (ended === 0) withoutHistory.set(assumption, jobs);
  return jobs;
}

/**
 * The results of `assumedJobsLongerThan` for 0 ended jobs. The function returns the same array each time, so that
 * callers can cache a plan for the array.
 */
const withoutHistory = new Map<Assumption, Float64Array>();

/**
 * Assumes that jobs end evenly between two ages. The distribution of job durations is uniform with logistic edges. The
 * service does not know the true age within the range at which jobs end. Polls that are planned for the whole range
 * cost little more than polls for the true age.
 */
function evenBetween(fromSeconds: number, toSeconds: number, edgeSeconds: number): Assumption {
  const softRamp = (age: number, start: number) => edgeSeconds * softplus((age - start) / edgeSeconds);
  const survival = (age: number) =>
    Math.max(0, 1 - (softRamp(age, fromSeconds) - softRamp(age, toSeconds)) / (toSeconds - fromSeconds));
  return { fromSeconds, toSeconds, normalSurvival: (age) => survival(age) / survival(0) };
}

/** Returns ln(1 + eˣ). The result does not overflow for a large x. */
function softplus(x: number): number {
  return Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)));
}

/**
 * Returns the share of jobs that last longer than `seconds`, for durations with a log-logistic distribution. A higher
 * `shape` makes the distribution narrower.
 */
function logLogistic(seconds: number, medianSeconds: number, shape: number): number {
  return 1 / (1 + (seconds / medianSeconds) ** shape);
}
