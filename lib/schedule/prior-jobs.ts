import { BUCKETS, bucketStartSeconds } from "./duration-buckets.ts";

/** The assumed durations of a kind of job, before any job of this kind has ended. */
interface Assumption {
  /** Most jobs of the kind end between these two ages. */
  readonly fromSeconds: number;
  readonly toSeconds: number;
  /** The share of normal jobs that last longer than an age. */
  readonly normalSurvival: (ageSeconds: number) => number;
}

/** Some jobs fail early, at any age up to about the end of normal jobs. Most of them fail near the start. */
const EARLY_FAILURES = 0.05;
/** A few jobs are stuck. */
const STUCK_JOBS = 0.03;
/** After this number of ended jobs, the assumption on normal jobs counts half. */
const HALFWAY_JOBS = 8;
/** The assumption on stuck jobs never disappears. It counts as this number of jobs, after many jobs have ended. */
const MIN_STUCK_JOBS = 0.45;

/** Clusters and nodes are created in five to ten minutes and deleted in one to three (see docs/schedule.md). */
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
 * Returns imaginary jobs that are added to the `ended` ones (a prior, in the sense of Bayes). For the start of each
 * bucket, the result has the number of imaginary jobs that last longer: `BUCKETS` + 1 values that fall and are never 0.
 * The first value is 1 when no job has ended, and smaller when more jobs have ended.
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

/** The result for 0 ended jobs is always the same array, so that its polls are planned only once. */
const withoutHistory = new Map<Assumption, Float64Array>();

/**
 * Assumes that jobs end evenly between two ages, with soft edges (a uniform distribution plus a logistic one). Nobody
 * knows where in the range jobs end, and polls that are planned for all of it lose little wherever it is.
 */
function evenBetween(fromSeconds: number, toSeconds: number, edgeSeconds: number): Assumption {
  const softRamp = (age: number, start: number) => edgeSeconds * softplus((age - start) / edgeSeconds);
  const survival = (age: number) =>
    Math.max(0, 1 - (softRamp(age, fromSeconds) - softRamp(age, toSeconds)) / (toSeconds - fromSeconds));
  return { fromSeconds, toSeconds, normalSurvival: (age) => survival(age) / survival(0) };
}

/** ln(1 + eˣ), for any x. */
function softplus(x: number): number {
  return Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** The survival of a log-logistic distribution. Half of the jobs last longer than the median. A high shape is narrow. */
function logLogistic(seconds: number, medianSeconds: number, shape: number): number {
  return 1 / (1 + (seconds / medianSeconds) ** shape);
}
