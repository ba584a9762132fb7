import type { PollSettings } from "../config/settings.ts";
import {
  BUCKETS,
  bucketStartSeconds,
  type DurationCount,
  fractionalBucketOfDuration,
} from "./duration-counts.ts";
import { getCachedSurvivalCurve, survivalAt, survivalAtFractionalBucket } from "./survival-curve.ts";

/**
 * The plan of polls contains only some ages of a job, the planned ages. Two neighboring planned ages differ by 1/400 of
 * the age, but by at least one second. More planned ages would make the computation slower without a benefit.
 */
const AGE_STEPS = 400;

/** The planned ages in seconds, from 0 to the longest duration. */
export const AGES: Float64Array = plannedAges(bucketStartSeconds(BUCKETS));

/**
 * The positions of the planned ages on the scale of buckets (ranges of durations). The service computes the positions
 * once, because each position needs a logarithm.
 */
const AGE_POSITIONS = AGES.map(fractionalBucketOfDuration);

/** A random delay may cost more than the best delay, by at most 2 % of the cost of a poll. */
const TOLERANCE = 0.02;

/**
 * The delay of the first poll in seconds, if few jobs of the project have ended. An early poll finds the job type, and
 * the end of a job that fails at once. The random part spreads the polls of jobs that start together.
 */
const FIRST_DELAY = { minSeconds: 10, maxSeconds: 20 };
/** If fewer jobs of the project have ended, the delay of the first poll is `FIRST_DELAY`. */
const MIN_LEARNED_JOBS = 20;

interface PendingJob {
  readonly jobType: string | null;
  readonly ageSeconds: number;
  /** The durations of ended jobs of this type and project. */
  readonly durations: readonly DurationCount[];
}

/**
 * Returns the delay between the submission of a job and its first poll, in whole seconds.
 * @param durations the durations of all ended jobs of the project. The type of the new job is still unknown.
 */
export function pickFirstPollDelaySeconds(
  poll: PollSettings,
  random: () => number,
  durations: readonly DurationCount[] = [],
): number {
  const jobs = durations.reduce((sum, { count }) => sum + count, 0);
  return jobs < MIN_LEARNED_JOBS
    ? pickDelay(FIRST_DELAY, poll, random)
    : pickNextPollDelaySeconds({ jobType: null, ageSeconds: 0, durations }, poll, random);
}

/**
 * Returns the delay until the next poll of a running job, in whole seconds and within the limits of the config. The
 * delay is random within a range of cheap delays. Jobs of the same age are then not all polled at the same time.
 */
export function pickNextPollDelaySeconds(job: PendingJob, poll: PollSettings, random: () => number): number {
  const plan = cheapestDelayRange({
    ageSeconds: job.ageSeconds,
    pollCostSeconds: poll.pollCostSeconds,
    minDelaySeconds: Math.max(1, Math.ceil(poll.minDelaySeconds)),
    maxDelaySeconds: Math.max(1, Math.floor(poll.maxDelaySeconds)),
    survival: getCachedSurvivalCurve(job.jobType, job.durations),
  });
  return pickDelay(plan, poll, random);
}

function pickDelay(
  { minSeconds, maxSeconds }: { readonly minSeconds: number; readonly maxSeconds: number },
  poll: PollSettings,
  random: () => number,
): number {
  return roundAndClampDelaySeconds(minSeconds + Math.floor(random() * (maxSeconds - minSeconds + 1)), poll);
}

/**
 * Rounds a delay to whole seconds and limits it to the minimum and maximum of the config. If the minimum and the
 * maximum contradict each other, the maximum applies.
 */
export function roundAndClampDelaySeconds(seconds: number, poll: PollSettings): number {
  const [min, max] = [Math.ceil(poll.minDelaySeconds), Math.floor(poll.maxDelaySeconds)];
  return Math.min(max, Math.max(min, Math.round(seconds)));
}

interface PlanInput extends PollCosts {
  /** The age of the job at the current poll. */
  readonly ageSeconds: number;
  readonly maxDelaySeconds: number;
  /** The survival curve from `getCachedSurvivalCurve`. */
  readonly survival: Float64Array;
}

/**
 * Returns the range of delays that cost almost as little as the best delay, in whole seconds. The cost of a delay
 * includes all later polls. For a job older than all planned ages, the range contains only the maximum delay.
 */
export function cheapestDelayRange(input: PlanInput): {
  readonly minSeconds: number;
  readonly maxSeconds: number;
} {
  const { ageSeconds, minDelaySeconds: min, maxDelaySeconds: max, survival, pollCostSeconds } = input;
  const last = AGES.length - 1;
  const first = firstIndexFrom(ageSeconds);
  if (first >= last) return { minSeconds: max, maxSeconds: max };
  const { costs, next } = planFor(input);
  const pending = survivalAt(survival, ageSeconds);
  const delayTo = (index: number) => (AGES[index] ?? 0) - ageSeconds;
  const costOf = (index: number) => pending * delayTo(index) + (costs[index] ?? 0);
  // As a job becomes older, its best next poll never moves to an earlier age. The best poll is therefore between the
  // best polls of the two nearest planned ages.
  let best = next[first] ?? last;
  for (let index = best - 1; index >= (next[first - 1] ?? first); index--)
    if (delayTo(index) >= min && costOf(index) < costOf(best)) best = index;
  const maxCost = costOf(best) + TOLERANCE * pollCostSeconds * pending;
  let [low, high] = [best, best];
  while (low > first && delayTo(low - 1) >= min && costOf(low - 1) <= maxCost) low--;
  while (high < last && delayTo(high + 1) <= max && costOf(high + 1) <= maxCost) high++;
  const clamp = (seconds: number) => Math.min(max, Math.max(min, seconds));
  const [minSeconds, maxSeconds] = [Math.ceil(delayTo(low)), Math.floor(delayTo(high))];
  if (minSeconds <= maxSeconds) return { minSeconds: clamp(minSeconds), maxSeconds: clamp(maxSeconds) };
  const nearest = clamp(Math.round(delayTo(best)));
  return { minSeconds: nearest, maxSeconds: nearest };
}

/** Returns the index of the first planned age that is at least `age`, or the last index. */
function firstIndexFrom(age: number): number {
  let [low, high] = [0, AGES.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((AGES[middle] ?? 0) < age) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The latest poll plan for each survival curve. A plan is valid until the poll settings change. */
const plans = new WeakMap<Float64Array, PollCosts & { readonly plan: PollPlan }>();

function planFor({ survival, pollCostSeconds, minDelaySeconds }: PlanInput): PollPlan {
  const known = plans.get(survival);
  if (known?.pollCostSeconds === pollCostSeconds && known.minDelaySeconds === minDelaySeconds)
    return known.plan;
  const plan = planCheapestPolls(survival, { pollCostSeconds, minDelaySeconds });
  plans.set(survival, { pollCostSeconds, minDelaySeconds, plan });
  return plan;
}

function plannedAges(maxAge: number): Float64Array {
  const ages: number[] = [];
  for (let age = 0; age < maxAge; age += Math.max(1, age / AGE_STEPS)) ages.push(age);
  ages.push(maxAge);
  return new Float64Array(ages);
}

/** The cheapest next poll for each planned age of a job. The array element at index i belongs to the age `AGES[i]`. */
interface PollPlan {
  /** The expected cost of all later polls, in seconds per started job. */
  readonly costs: Float64Array;
  /** The index in `AGES` of the best next poll. */
  readonly next: Int32Array;
}

interface PollCosts {
  /** One poll costs as much as finding the end of a job `pollCostSeconds` seconds later. */
  readonly pollCostSeconds: number;
  readonly minDelaySeconds: number;
}

/**
 * For each planned age of a job, plans the cheapest sequence of later polls.
 *
 * A cheap plan finds the end of a job soon and with few polls. Statistics calls this an inspection problem. One poll
 * costs x = `pollCostSeconds`. Each second between the end of a job and the poll that finds it costs 1. S(t) is the
 * share of jobs that take longer than t. If a job still runs at age t and the next poll is at age u, the cost until u
 * is x + u - t. The lowest cost from age t on is
 *
 *     C(t) = minimum over u > t of [ S(t) · (x + u - t) + C(u) ]
 *
 * The function computes C(t) from the last age backwards (dynamic programming). For each age u, the term in brackets is
 * a straight line over S(t). The minimum over all ages u is the lower envelope of these lines. The algorithm removes
 * each line from the envelope at most once. The run time is therefore linear in the number of ages.
 *
 * Source: J. B. Keller, "Optimum checking schedules for systems subject to random failure", Management Science 21
 * (1974). Keller solved this problem for continuous time: if jobs end at the rate h(t), the best density of polls is
 * √(h(t) / 2x).
 */
export function planCheapestPolls(
  survival: Float64Array,
  { pollCostSeconds, minDelaySeconds }: PollCosts,
): PollPlan {
  const last = AGES.length - 1;
  const costs = new Float64Array(last + 1);
  const next = new Int32Array(last + 1).fill(last);
  // `envelope[front..back]` contains the candidates for the next poll, latest age first.
  const envelope = new Int32Array(last + 1);
  let [front, back, candidate] = [0, -1, last];
  for (let index = last - 1; index >= 0; index--) {
    const age = AGES[index] ?? 0;
    const pending = survivalAtFractionalBucket(survival, AGE_POSITIONS[index] ?? 0);
    while (candidate > index && ((AGES[candidate] ?? 0) >= age + minDelaySeconds || candidate === last)) {
      while (back > front && !isLowest(envelope[back - 1] ?? 0, envelope[back] ?? 0, candidate)) back--;
      envelope[++back] = candidate--;
    }
    while (front < back && lineAt(envelope[front + 1] ?? 0, pending) <= lineAt(envelope[front] ?? 0, pending))
      front++;
    const best = envelope[front] ?? last;
    next[index] = best;
    costs[index] = pending * (pollCostSeconds - age) + lineAt(best, pending);
  }
  return { costs, next };

  function lineAt(index: number, pending: number): number {
    return (AGES[index] ?? 0) * pending + (costs[index] ?? 0);
  }
  /** Returns true if the middle line is lowest for at least one value of S(t). */
  function isLowest(later: number, middle: number, earlier: number): boolean {
    return crossing(middle, later) < crossing(earlier, middle);
  }
  /** Returns the value of S(t) where two lines cross. */
  function crossing(one: number, other: number): number {
    return ((costs[one] ?? 0) - (costs[other] ?? 0)) / ((AGES[other] ?? 0) - (AGES[one] ?? 0));
  }
}
