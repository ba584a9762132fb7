import { BUCKETS, bucketStartSeconds } from "./duration-buckets.ts";
import { survivalAt } from "./survival-curve.ts";

/**
 * The plan uses only some ages of a job. The distance between two planned ages is 1/400 of the age, and at least one
 * second. A smaller distance makes the computation slower and saves no polls.
 */
const AGE_STEPS = 400;

/** The planned ages of a job in seconds, from 0 to the longest duration. The plan contains polls only at these ages. */
export const AGES: Float64Array = plannedAges(bucketStartSeconds(BUCKETS));

function plannedAges(maxAge: number): Float64Array {
  const ages: number[] = [];
  for (let age = 0; age < maxAge; age += Math.max(1, age / AGE_STEPS)) ages.push(age);
  return Float64Array.from([...ages, maxAge]);
}

/** The cheapest next poll for each planned age of a job. The index i of each array is for the age `AGES[i]`. */
export interface PollPlan {
  /** The expected cost of all polls after a planned age, in seconds per started job. */
  readonly costs: Float64Array;
  /** The index in `AGES` of the best age for the next poll. */
  readonly next: Int32Array;
}

export interface PollCosts {
  /**
   * One poll costs as much as a delay of this number of seconds between the end of a job and the poll that detects the
   * end.
   */
  readonly pollCostSeconds: number;
  readonly minDelaySeconds: number;
}

/**
 * Plans the cheapest sequence of polls after each planned age.
 *
 * The polls have to detect soon, and with few polls, that a job has ended. In statistics, this task is called an
 * inspection problem. One poll costs x = `pollCostSeconds`. Each second between the end of a job and the next poll
 * costs 1. S(t) is the share of jobs that last longer than t. The plan minimizes the time until the poll that detects
 * the end of the job, because the delay after the end is then minimal too. So a job that is pending at the age t and
 * polled next at the age u costs x + u - t between t and u. C(t), the lowest cost after the age t, is
 *
 *     C(t) = minimum over u > t of [ S(t) · (x + u - t) + C(u) ]
 *
 * The function computes C(t) backwards from the last age (dynamic programming). For a fixed u, the term in brackets is
 * a straight line over S(t). S(t) grows when t falls, so the lower envelope of these lines has the minimum over all u.
 * The function removes each line from the lower envelope at most once. So the run time of the function is linear in the
 * number of ages.
 *
 * Source: J. B. Keller, "Optimum checking schedules for systems subject to random failure", Management Science 21
 * (1974). Keller solves the continuous problem. The best density of polls is √(h(t) / 2x). The value h(t) is the rate
 * at which jobs end.
 */
export function planCheapestPolls(
  survival: Float64Array,
  { pollCostSeconds, minDelaySeconds }: PollCosts,
): PollPlan {
  const last = AGES.length - 1;
  const costs = new Float64Array(last + 1);
  const next = new Int32Array(last + 1).fill(last);
  // `envelope[front..back]` has the candidates for the next poll, sorted from the latest age to the earliest.
  const envelope = new Int32Array(last + 1);
  let [front, back, candidate] = [0, -1, last];
  for (let index = last - 1; index >= 0; index--) {
    const age = AGES[index] ?? 0;
    const pending = survivalAt(survival, age);
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
