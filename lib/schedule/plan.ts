import { GRID } from "./grid.ts";
import { bestPolicy, type Policy, type PollCosts } from "./policy.ts";
import { survivalAt } from "./survival-at.ts";

export interface Inspection extends PollCosts {
  /** The job is known to be pending at this age. */
  readonly ageSeconds: number;
  readonly maxDelaySeconds: number;
  /** The probability that a job outlives the start of each bucket (see `learnedSurvival`). */
  readonly survival: Float64Array;
}

/** Delays that cost at most so much of a poll more than the best are as good as it. */
const TOLERANCE = 0.02;

/**
 * The delays to the next poll whose expected cost is within a hair of the least, as bounds in whole seconds. Every
 * look after it is taken to be the best one. Beyond the grid nothing is known, and polls are as rare as may be.
 */
export function planDelay(inspection: Inspection): { readonly earliest: number; readonly latest: number } {
  const { ageSeconds: age, minDelaySeconds: min, maxDelaySeconds: max, survival } = inspection;
  const last = GRID.length - 1;
  const following = placeAfter(age);
  if (following >= last) return { earliest: max, latest: max };
  const { toGo, best } = policyOf(inspection);
  const pending = survivalAt(survival, age);
  const delay = (at: number) => (GRID[at] ?? 0) - age;
  const cost = (at: number) => pending * delay(at) + (toGo[at] ?? 0);
  // The later a poll, the later the best one after it: this age's lies between those of its neighbours in the grid.
  let least = best[following] ?? last;
  for (let at = least - 1; at >= (best[following - 1] ?? following); at--)
    if (delay(at) >= min && cost(at) < cost(least)) least = at;
  const limit = cost(least) + TOLERANCE * inspection.pollCostSeconds * pending;
  let [low, high] = [least, least];
  while (low > following && delay(low - 1) >= min && cost(low - 1) <= limit) low--;
  while (high < last && delay(high + 1) <= max && cost(high + 1) <= limit) high++;
  const [from, to] = [Math.ceil(delay(low)), Math.floor(delay(high))];
  if (from <= to) return { earliest: clamp(from), latest: clamp(to) };
  const nearest = clamp(Math.round(delay(least)));
  return { earliest: nearest, latest: nearest };

  function clamp(seconds: number): number {
    return Math.min(max, Math.max(min, seconds));
  }
}

/** The first place in the grid at or after an age; the last one for what lies beyond. */
function placeAfter(age: number): number {
  let [low, high] = [0, GRID.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((GRID[middle] ?? 0) < age) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** One policy is planned once for what was learned, and again only where the operator's settings differ. */
function policyOf({ survival, pollCostSeconds, minDelaySeconds }: Inspection): Policy {
  const known = policies.get(survival);
  if (known?.pollCostSeconds === pollCostSeconds && known.minDelaySeconds === minDelaySeconds)
    return known.policy;
  const policy = bestPolicy(survival, { pollCostSeconds, minDelaySeconds });
  policies.set(survival, { pollCostSeconds, minDelaySeconds, policy });
  return policy;
}

const policies = new WeakMap<Float64Array, PollCosts & { readonly policy: Policy }>();
