import { GRID } from "./grid.ts";
import { survivalAt } from "./survival-at.ts";

/** The cheapest polls from every age of the grid on. */
export interface Policy {
  /** The cost from a look at each age on, in seconds, for each job that ever started. */
  readonly toGo: Float64Array;
  /** The best look after one at each age, as its place in the grid. */
  readonly best: Int32Array;
}

export interface PollCosts {
  /** So many seconds of lateness cost as much as one poll. */
  readonly pollCostSeconds: number;
  readonly minDelaySeconds: number;
}

/**
 * The cheapest sequence of polls from every age on, by exact dynamic programming over the grid. The time from a job's
 * end to the poll that sees it is least when the time to that poll is least; so a look at age t and the wait until
 * the next, at u, cost x + u - t seconds to every job pending at t, with S the survival and x the poll's cost:
 *
 *     C(t) = min over u > t of [ S(t)·(x + u - t) + C(u) ]
 *
 * The bracket is a line in S(t), and S only grows as t goes back, so that the minimum is found on a lower envelope
 * of lines and the whole costs time linear in the grid. This is the discrete form of the inspection problem whose
 * continuous answer is J. B. Keller, "Optimum checking schedules for systems subject to random failure", Management
 * Science 21 (1974).
 */
export function bestPolicy(survival: Float64Array, { pollCostSeconds, minDelaySeconds }: PollCosts): Policy {
  const last = GRID.length - 1;
  const toGo = new Float64Array(last + 1);
  const best = new Int32Array(last + 1).fill(last);
  const envelope = new Int32Array(last + 1);
  let [front, back, entering] = [0, -1, last];
  for (let at = last - 1; at >= 0; at--) {
    const age = GRID[at] ?? 0;
    const pending = survivalAt(survival, age);
    while (entering > at && ((GRID[entering] ?? 0) >= age + minDelaySeconds || entering === last)) {
      while (back > front && !turns(envelope[back - 1] ?? 0, envelope[back] ?? 0, entering)) back--;
      envelope[++back] = entering--;
    }
    while (front < back && line(envelope[front + 1] ?? 0, pending) <= line(envelope[front] ?? 0, pending))
      front++;
    const next = envelope[front] ?? last;
    best[at] = next;
    toGo[at] = pending * (pollCostSeconds - age) + line(next, pending);
  }
  return { toGo, best };

  function line(at: number, pending: number): number {
    return (GRID[at] ?? 0) * pending + (toGo[at] ?? 0);
  }
  /** Whether the middle line is the least anywhere between its two neighbours. */
  function turns(far: number, middle: number, near: number): boolean {
    return rise(middle, far) < rise(near, middle);
  }
  function rise(one: number, other: number): number {
    return ((toGo[one] ?? 0) - (toGo[other] ?? 0)) / ((GRID[other] ?? 0) - (GRID[one] ?? 0));
  }
}
