import { BUCKETS, bucketStartSeconds } from "./duration-buckets.ts";

/** The assumed durations of a group of job types. */
interface Assumption {
  /** Most jobs of the group end at an age between `fromSeconds` and `toSeconds`. */
  readonly fromSeconds: number;
  readonly toSeconds: number;
  /** Returns the share of normal jobs that last longer than an age. */
  readonly normalSurvival: (ageSeconds: number) => number;
}

/** The share of jobs that fail early. Most early failures happen soon after the start of a job. */
const EARLY_FAILURES = 0.05;
/** The share of jobs that are stuck. */
const STUCK_JOBS = 0.03;
/** The number of ended jobs that reduces the weight of assumed normal jobs to one half. */
const HALFWAY_JOBS = 8;
/** The smallest weight of assumed stuck jobs, as a number of jobs. The weight applies after many jobs have ended. */
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
 * the sense of Bayes. The result has `BUCKETS` + 1 values, which fall and are never 0. If no job has ended, the first
 * value is 1. The first value becomes smaller with each ended job.
 * @param ended the number of real jobs that have ended.
 */
export function priorJobs(jobType: string | null, ended: number): Float64Array {
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

/** The results for 0 ended jobs. `priorJobs` returns an identical array each time, so that callers can cache a plan. */
const withoutHistory = new Map<Assumption, Float64Array>();

/**
 * Assumes that jobs end evenly between two ages. The distribution is uniform with logistic edges. The true age in the
 * range is not known. Polls that are planned for the whole range cost little more than polls for the true age.
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

/** Returns the survival of a log-logistic distribution. A higher `shape` makes the distribution narrower. */
function logLogistic(seconds: number, medianSeconds: number, shape: number): number {
  return 1 / (1 + (seconds / medianSeconds) ** shape);
}
