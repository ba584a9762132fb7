import { AGES, cheapestPolls, type PollCosts, type PollPlan } from "./cheapest-polls.ts";
import { survivalAt } from "./learned-survival.ts";

export interface PlanInput extends PollCosts {
  /** The job was pending at this age. */
  readonly ageSeconds: number;
  readonly maxDelaySeconds: number;
  /** The probability that a job lasts longer than the start of each bucket (see `learnedSurvival`). */
  readonly survival: Float64Array;
}

/** A delay may cost this part of a poll more than the best delay. */
const TOLERANCE = 0.02;

/**
 * Returns the range of delays to the next poll whose expected cost is almost the lowest, in whole seconds. All later
 * polls are assumed to be the best. For an age that is higher than all planned ages, the delay is the maximum.
 */
export function planDelay(input: PlanInput): { readonly minSeconds: number; readonly maxSeconds: number } {
  const { ageSeconds, minDelaySeconds: min, maxDelaySeconds: max, survival, pollCostSeconds } = input;
  const last = AGES.length - 1;
  const first = firstIndexFrom(ageSeconds);
  if (first >= last) return { minSeconds: max, maxSeconds: max };
  const { costs, next } = planFor(input);
  const pending = survivalAt(survival, ageSeconds);
  const delayTo = (index: number) => (AGES[index] ?? 0) - ageSeconds;
  const costOf = (index: number) => pending * delayTo(index) + (costs[index] ?? 0);
  // A later poll has a later best successor. So the best one lies between those of the two ages around this one.
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

/** The plan of each learned survival. It is made again only when the operator's settings change. */
const plans = new WeakMap<Float64Array, PollCosts & { readonly plan: PollPlan }>();

function planFor({ survival, pollCostSeconds, minDelaySeconds }: PlanInput): PollPlan {
  const known = plans.get(survival);
  if (known?.pollCostSeconds === pollCostSeconds && known.minDelaySeconds === minDelaySeconds)
    return known.plan;
  const plan = cheapestPolls(survival, { pollCostSeconds, minDelaySeconds });
  plans.set(survival, { pollCostSeconds, minDelaySeconds, plan });
  return plan;
}
