import { BUCKETS, bucketStartSeconds } from "./durations.ts";

/** What is thought of a kind of job before any of it has ended here. */
interface Belief {
  /** Half of the jobs that take their ordinary course are done by then. */
  readonly medianSeconds: number;
  /** Shape of the log-logistic course: the higher, the narrower; it is also the exponent of the tail. */
  readonly shape: number;
}

/** The share of jobs that fail early, at any age up to about the median, denser towards the start. */
const EARLY_SHARE = 0.06;
/** The share of jobs that get stuck: a broad course around four times the median. */
const STUCK = { share: 0.06, factor: 3, shape: 1.6 };

/** Cluster and node creations take five to ten minutes, removals one to three (see docs/schedule.md). */
const BELIEFS: readonly (readonly [RegExp, Belief])[] = [
  [/^(delete|remove|uninstall)/i, { medianSeconds: 105, shape: 3.6 }],
  [/^(create|resize|scaleup|upgrade).*cluster/i, { medianSeconds: 470, shape: 7 }],
  [/^(create|add|install|scaleup).*node/i, { medianSeconds: 400, shape: 4.6 }],
];
const UNKNOWN: Belief = { medianSeconds: 200, shape: 1.5 };

/**
 * How long a job of a type is expected to take when nothing has been learned: the probability that it outlives
 * the start of each bucket, `BUCKETS` + 1 values from 1 downwards, never 0. Unknown types start wide.
 */
export function priorSurvival(jobType: string | null): Float64Array {
  const belief = BELIEFS.find(([pattern]) => jobType !== null && pattern.test(jobType))?.[1] ?? UNKNOWN;
  const known = survivals.get(belief);
  if (known !== undefined) return known;
  const { medianSeconds, shape } = belief;
  const survival = Float64Array.from({ length: BUCKETS + 1 }, (_, bucket) => {
    const seconds = bucketStartSeconds(bucket);
    const early = 1 / (1 + seconds / (medianSeconds / 6)) ** 2;
    const stuck = outlives(seconds, medianSeconds * STUCK.factor, STUCK.shape);
    const ordinary = outlives(seconds, medianSeconds, shape);
    return EARLY_SHARE * early + STUCK.share * stuck + (1 - EARLY_SHARE - STUCK.share) * ordinary;
  });
  survivals.set(belief, survival);
  return survival;
}

const survivals = new Map<Belief, Float64Array>();

/** Log-logistic survival: one minus the share that has ended by `seconds`. */
function outlives(seconds: number, medianSeconds: number, shape: number): number {
  return 1 / (1 + (seconds / medianSeconds) ** shape);
}
