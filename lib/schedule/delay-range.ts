import { AGES, type PollCosts, type PollPlan, planCheapestPolls } from "./cheapest-polls.ts";
import { survivalAt } from "./survival-curve.ts";

interface PlanInput extends PollCosts {
  /** The age of the job when a poll found it pending. */
  readonly ageSeconds: number;
  readonly maxDelaySeconds: number;
  /** The survival curve from `learnSurvivalCurve`. */
  readonly survival: Float64Array;
}

/** Each delay in the range costs at most this part of the cost of one poll more than the best delay. */
const TOLERANCE = 0.02;

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
