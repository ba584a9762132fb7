import type { PollSettings } from "../config/settings.ts";
import {
  BUCKETS,
  bucketStartSeconds,
  type DurationCount,
  fractionalBucketOfDuration,
} from "./duration-counts.ts";
import { getCachedSurvivalCurve, survivalAt, survivalAtFractionalBucket } from "./survival-curve.ts";

/**
 * The plan of polls uses only some ages of a job (planned ages). The distance between two planned ages is 1/400 of the
 * age, and at least one second. A smaller distance makes the computation slower and saves no polls.
 */
const AGE_STEPS = 400;

/** The planned ages of a job in seconds, from 0 to the longest duration. The plan of polls contains only these ages. */
export const AGES: Float64Array = plannedAges(bucketStartSeconds(BUCKETS));

/**
 * The positions of the planned ages on the scale of buckets (ranges of durations). The service computes the positions
 * once, because each position needs a logarithm.
 */
const AGE_POSITIONS = AGES.map(fractionalBucketOfDuration);

/** A delay may cost more than the best delay by at most 2 % of the cost of one poll. */
const TOLERANCE = 0.02;

/**
 * The range of delays before the first poll of a job, if few jobs of the project have ended. The first poll finds early
 * failures and the type of the job. A random delay spreads the polls of many jobs that start together.
 */
const FIRST_DELAY = { minSeconds: 10, maxSeconds: 20 };
/**
 * The minimum number of ended jobs in a project from which the service learns the delay before the first poll. With
 * fewer ended jobs in the project, the service uses the fixed range FIRST_DELAY.
 */
const MIN_LEARNED_JOBS = 20;

interface PendingJob {
  readonly jobType: string | null;
  readonly ageSeconds: number;
  /** The durations of ended jobs with the same type in the same project. */
  readonly durations: readonly DurationCount[];
}

/**
 * Returns the delay between the acceptance of a job and the first poll, in whole seconds.
 * @param durations the durations of all ended jobs of the project. The type of the new job is not known yet.
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
 * Returns the delay before the next poll of a pending job, in whole seconds between the minimum and the maximum of the
 * operator. The delay is a random value from a range of cheap delays. The service therefore does not poll all jobs of
 * the same age at the same time.
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
 * Rounds a delay to whole seconds between the minimum and the maximum delay in the settings of the operator. If the
 * minimum delay exceeds the maximum delay, the maximum delay applies.
 */
export function roundAndClampDelaySeconds(seconds: number, poll: PollSettings): number {
  const [min, max] = [Math.ceil(poll.minDelaySeconds), Math.floor(poll.maxDelaySeconds)];
  return Math.min(max, Math.max(min, Math.round(seconds)));
}

interface PlanInput extends PollCosts {
  /** The age of the job when a poll found the job pending. */
  readonly ageSeconds: number;
  readonly maxDelaySeconds: number;
  /** The survival curve from `getCachedSurvivalCurve`. */
  readonly survival: Float64Array;
}

/**
 * Returns a range of delays before the next poll, in whole seconds. Each delay in the returned range costs almost as
 * little as the best delay. The cost of a delay includes all later polls of the cheapest sequence of polls. If the age
 * of the job is above all planned ages, the function returns the maximum delay.
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
  // The best next poll for a higher age of the job is never earlier than the best next poll for a lower age. The best
  // next poll for an age therefore lies between the best next polls for the two nearest planned ages.
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

/**
 * The latest plan of polls for each survival curve. A plan of polls is valid until the operator changes the settings.
 */
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

/** The cheapest next poll for each planned age of a job. Index i of each array is for the age `AGES[i]`. */
interface PollPlan {
  /** The expected cost of all polls after a planned age, in seconds per started job. */
  readonly costs: Float64Array;
  /** The index in `AGES` of the best age for the next poll. */
  readonly next: Int32Array;
}

interface PollCosts {
  /**
   * One poll costs as much as a delay of `pollCostSeconds` between the end of a job and the poll that detects the end.
   */
  readonly pollCostSeconds: number;
  readonly minDelaySeconds: number;
}

/**
 * Plans the cheapest sequence of polls after each planned age.
 *
 * The service must detect the end of a job soon and with few polls. In statistics, this task is called an inspection
 * problem. One poll costs x = `pollCostSeconds`. Each second between the end of a job and the next poll adds 1 to the
 * cost. S(t) is the share of jobs that last longer than t. The plan minimizes the time until the poll that detects the
 * end of the job, because the delay after the end is then minimal too. A job that is pending at the age t and polled
 * next at the age u costs x + u - t between t and u. C(t), the lowest cost after the age t, is
 *
 *     C(t) = minimum over u > t of [ S(t) · (x + u - t) + C(u) ]
 *
 * C(t) is computed backwards from the last age (dynamic programming). For a fixed u, the term in brackets is a straight
 * line over S(t). S(t) grows when t falls, so the lower envelope of these lines has the minimum over all u. Each line
 * is removed from the lower envelope at most once, so the run time is linear in the number of ages.
 *
 * Source: J. B. Keller, "Optimum checking schedules for systems subject to random failure", Management Science 21
 * (1974). Keller solves the continuous problem. With h(t) as the rate at which jobs end, the best density of polls is
 * √(h(t) / 2x).
 */
export function planCheapestPolls(
  survival: Float64Array,
  { pollCostSeconds, minDelaySeconds }: PollCosts,
): PollPlan {
  const last = AGES.length - 1;
  const costs = new Float64Array(last + 1);
  const next = new Int32Array(last + 1).fill(last);
  // `envelope[front..back]` contains the candidate ages for the next poll, sorted from the latest age to the earliest
  // age.
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
  /** Returns true if the middle line is the lowest of the three lines for at least one value of S(t). */
  function isLowest(later: number, middle: number, earlier: number): boolean {
    return crossing(middle, later) < crossing(earlier, middle);
  }
  /** Returns the value of S(t) at which two lines cross. */
  function crossing(one: number, other: number): number {
    return ((costs[one] ?? 0) - (costs[other] ?? 0)) / ((AGES[other] ?? 0) - (AGES[one] ?? 0));
  }
}
