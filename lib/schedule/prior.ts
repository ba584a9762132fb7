import { BUCKETS, bucketStartSeconds } from "./durations.ts";

/** What is thought of a kind of job before any of it has ended here. */
interface Belief {
  /** Between these times most jobs of the kind end. */
  readonly fromSeconds: number;
  readonly toSeconds: number;
  /** The share of jobs that take their ordinary course and outlive an age. */
  readonly ordinary: (seconds: number) => number;
}

/** Jobs that fail early: at any age up to about where the ordinary ones end, denser towards the start. */
const EARLY_SHARE = 0.05;
/** Jobs that get stuck: few by the prior alone. */
const STUCK_SHARE = 0.03;
/** After so many jobs, the ordinary course by the prior counts for half a job, and the stuck ones for half of the other. */
const HALFWAY_JOBS = 8;
const STUCK_JOBS = 0.45;

/** Creations of clusters and nodes take five to ten minutes, removals one to three (see docs/schedule.md). */
const BELIEFS: readonly (readonly [RegExp, Belief])[] = [
  [/^(delete|remove|uninstall)/i, even(60, 160, 15)],
  [/^(create|resize|scaleup|upgrade).*cluster/i, even(300, 620, 30)],
  [/^(create|add|install|scaleup).*node/i, even(250, 570, 30)],
];
const UNKNOWN: Belief = { fromSeconds: 100, toSeconds: 400, ordinary: (age) => logLogistic(age, 200, 1.5) };

/**
 * How long a job of a type is expected to take: what is thought of it beforehand, as jobs to be added to `ended` ones.
 * How many of them outlive the start of each bucket: `BUCKETS` + 1 values, never 0, downwards from what the prior
 * counts for, which is one job when nothing has ended. Unknown types start wide. The more have ended, the less there
 * is to add to what they tell, except for what is rare.
 */
export function priorJobs(jobType: string | null, ended: number): Float64Array {
  const belief = BELIEFS.find(([pattern]) => jobType !== null && pattern.test(jobType))?.[1] ?? UNKNOWN;
  const known = alone.get(belief);
  if (ended === 0 && known !== undefined) return known;
  const unlearned = HALFWAY_JOBS / (HALFWAY_JOBS + ended);
  const stuckJobs = STUCK_SHARE * unlearned + STUCK_JOBS * (1 - unlearned);
  const jobs = Float64Array.from({ length: BUCKETS + 1 }, (_, bucket) => {
    const age = bucketStartSeconds(bucket);
    const early = 1 / (1 + age / (belief.fromSeconds / 4)) ** 2;
    const unstuck = EARLY_SHARE * early + (1 - EARLY_SHARE) * belief.ordinary(age);
    const stuck = logLogistic(age, belief.toSeconds * 2.5, 1.6);
    return (1 - STUCK_SHARE) * unlearned * unstuck + stuckJobs * stuck;
  });
  if (ended === 0) alone.set(belief, jobs);
  return jobs;
}

/** What the prior says before anything has been learned; the same array every time, so that it is planned for once. */
const alone = new Map<Belief, Float64Array>();

/**
 * Ends fall evenly over a window with soft edges (a uniform distribution plus a logistic one). Where in the window
 * they fall, nobody knows; to look as if they fell evenly loses little wherever it is.
 */
function even(fromSeconds: number, toSeconds: number, edgeSeconds: number): Belief {
  const begun = (age: number, edge: number) => edgeSeconds * softplus((age - edge) / edgeSeconds);
  const outlive = (age: number) =>
    Math.max(0, 1 - (begun(age, fromSeconds) - begun(age, toSeconds)) / (toSeconds - fromSeconds));
  return { fromSeconds, toSeconds, ordinary: (age) => outlive(age) / outlive(0) };
}

/** ln(1 + eˣ), for any x. */
function softplus(x: number): number {
  return Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** Half outlive the median; the higher the shape, the narrower, and the thinner the tail. */
function logLogistic(seconds: number, medianSeconds: number, shape: number): number {
  return 1 / (1 + (seconds / medianSeconds) ** shape);
}
