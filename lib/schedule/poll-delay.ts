import type { PollSettings } from "../config/settings.ts";
import { AGES, type PollCosts, type PollPlan, planCheapestPolls } from "./cheapest-polls.ts";
import type { DurationCount } from "./duration-buckets.ts";
import { learnSurvivalCurve, survivalAt } from "./survival-curve.ts";

/** Each delay in the range costs at most this part of the cost of one poll more than the best delay. */
const TOLERANCE = 0.02;

/**
 * The range of delays before the first poll of a job, if few jobs of the project have ended. The first poll finds early
 * failures and the type of the job. A random delay spreads the polls of many jobs that start together.
 */
const FIRST_DELAY = { minSeconds: 10, maxSeconds: 20 };
/**
 * The number of ended jobs in a project from which the service learns the delay before the first poll. If fewer jobs
 * have ended, the service uses the fixed range FIRST_DELAY.
 */
const MIN_LEARNED_JOBS = 20;

/** A job that had not ended at the age `ageSeconds`. */
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
export function firstDelaySeconds(
  poll: PollSettings,
  random: () => number,
  durations: readonly DurationCount[] = [],
): number {
  const jobs = durations.reduce((sum, { count }) => sum + count, 0);
  return jobs < MIN_LEARNED_JOBS
    ? pickDelay(FIRST_DELAY, poll, random)
    : nextDelaySeconds({ jobType: null, ageSeconds: 0, durations }, poll, random);
}

/**
 * Returns the delay before the next poll of a pending job, in whole seconds within the operator's bounds. The delay is
 * a random value from a range of cheap delays. So jobs of equal age are not polled at the same time.
 */
export function nextDelaySeconds(job: PendingJob, poll: PollSettings, random: () => number): number {
  const plan = cheapestDelayRange({
    ageSeconds: job.ageSeconds,
    pollCostSeconds: poll.pollCostSeconds,
    minDelaySeconds: Math.max(1, Math.ceil(poll.minDelaySeconds)),
    maxDelaySeconds: Math.max(1, Math.floor(poll.maxDelaySeconds)),
    survival: learnSurvivalCurve(job.jobType, job.durations),
  });
  return pickDelay(plan, poll, random);
}

function pickDelay(
  { minSeconds, maxSeconds }: { readonly minSeconds: number; readonly maxSeconds: number },
  poll: PollSettings,
  random: () => number,
): number {
  return clampDelaySeconds(minSeconds + Math.floor(random() * (maxSeconds - minSeconds + 1)), poll);
}

/**
 * Returns the delay as a whole number within the minimum and maximum of the operator. If the minimum exceeds the
 * maximum, the maximum applies.
 */
export function clampDelaySeconds(seconds: number, poll: PollSettings): number {
  const [min, max] = [Math.ceil(poll.minDelaySeconds), Math.floor(poll.maxDelaySeconds)];
  return Math.min(max, Math.max(min, Math.round(seconds)));
}

interface PlanInput extends PollCosts {
  /** The age of the job when a poll found it pending. */
  readonly ageSeconds: number;
  readonly maxDelaySeconds: number;
  /** The survival curve from `learnSurvivalCurve`. */
  readonly survival: Float64Array;
}

/**
 * Returns a range of delays before the next poll, in whole seconds. Each delay in the range costs almost as little as
 * the best delay. The cost of a delay includes all later polls of the cheapest sequence of polls. If the age of the job
 * is above all planned ages, the function returns the maximum delay.
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
  // The best next poll for a higher age of the job is never earlier than the best next poll for a lower age. So the
  // best next poll for this age lies between the best next polls for the two nearest planned ages.
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
