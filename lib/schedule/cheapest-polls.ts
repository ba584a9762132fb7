import { BUCKETS, bucketStartSeconds } from "./duration-buckets.ts";
import { survivalAt } from "./learned-survival.ts";

/** Planned ages are 1/400 of the age apart, and at least one second. A finer grid takes longer and saves nothing. */
const AGE_STEPS = 400;

/** The ages at which polls are planned, in seconds, from 0 to the end of the last bucket. */
export const AGES: Float64Array = plannedAges(bucketStartSeconds(BUCKETS));

function plannedAges(maxAge: number): Float64Array {
  const ages: number[] = [];
  for (let age = 0; age < maxAge; age += Math.max(1, age / AGE_STEPS)) ages.push(age);
  return Float64Array.from([...ages, maxAge]);
}

/** The cheapest polls after a poll at each planned age. Both arrays are indexed as `AGES`. */
export interface PollPlan {
  /** The expected cost after a poll at this age, in seconds per started job. */
  readonly costs: Float64Array;
  /** The index of the age of the best next poll. */
  readonly next: Int32Array;
}

export interface PollCosts {
  /** One poll costs as much as this many seconds of lateness. */
  readonly pollCostSeconds: number;
  readonly minDelaySeconds: number;
}

/**
 * Plans the cheapest sequence of polls from every age on.
 *
 * This is an inspection problem: find out cheaply and soon that a job has ended. A poll costs `pollCostSeconds`, and
 * each second between a job's end and the next poll costs 1. S(t) is the share of jobs that last longer than t, and x
 * is the cost of a poll. The expected waiting time is lowest when the time until the detecting poll is lowest. So a job
 * that is pending at t and polled next at u costs x + u - t until then. The lowest cost from t on is
 *
 *     C(t) = minimum over u > t of [ S(t) · (x + u - t) + C(u) ]
 *
 * It is computed backwards from the last age (dynamic programming). For a fixed u the bracket is a straight line in
 * S(t), and S(t) only grows as t goes back. So the minimum over all u is found on the lower envelope of these lines,
 * from which each line is removed at most once. The time is linear in the number of ages.
 *
 * Source: J. B. Keller, "Optimum checking schedules for systems subject to random failure", Management Science 21
 * (1974). Keller solves the continuous form: poll with density √(h(t) / 2x), where h is the rate at which jobs end.
 */
export function cheapestPolls(
  survival: Float64Array,
  { pollCostSeconds, minDelaySeconds }: PollCosts,
): PollPlan {
  const last = AGES.length - 1;
  const costs = new Float64Array(last + 1);
  const next = new Int32Array(last + 1).fill(last);
  // Candidates for the next poll: `envelope[front..back]`, the latest age first.
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
  /** Returns true when the middle line is the lowest of the three for some S(t). */
  function isLowest(later: number, middle: number, earlier: number): boolean {
    return crossing(middle, later) < crossing(earlier, middle);
  }
  /** Returns the S(t) at which two lines cross. */
  function crossing(one: number, other: number): number {
    return ((costs[one] ?? 0) - (costs[other] ?? 0)) / ((AGES[other] ?? 0) - (AGES[one] ?? 0));
  }
}
