import fc from "fast-check";
import {
  BUCKETS,
  bucketStartSeconds,
  type DurationCount,
  durationBucket,
} from "../../../lib/schedule/durations.ts";
import { GRID } from "../../../lib/schedule/grid.ts";
import { planDelay } from "../../../lib/schedule/plan.ts";
import { bestPolicy } from "../../../lib/schedule/policy.ts";
import { learnedSurvival } from "../../../lib/schedule/survival.ts";
import { survivalAt } from "../../../lib/schedule/survival-at.ts";

const LAST = GRID.length - 1;

/** Pasts of all shapes: modes, gaps without any end, heavy tails. */
const pasts = fc.array(
  fc.record({
    day: fc.constant(1),
    bucket: fc.integer({ min: durationBucket(30), max: durationBucket(40_000) }),
    count: fc.integer({ min: 1, max: 50 }),
  }),
  { maxLength: 12 },
);
const learned = (past: readonly DurationCount[]) => learnedSurvival("CreateNode", past, 1);
const costs = fc.record({
  pollCostSeconds: fc.constantFrom(0.2, 1, 7, 60),
  minDelaySeconds: fc.constantFrom(1, 2, 15),
});

/** The cost to go from each age of the grid on, by trying every next poll that could be the best. */
function leastCosts(
  survival: Float64Array,
  { pollCostSeconds: cost, minDelaySeconds: min }: { pollCostSeconds: number; minDelaySeconds: number },
): Float64Array {
  const toGo = new Float64Array(LAST + 1);
  for (let at = LAST - 1; at >= 0; at--) {
    const age = GRID[at] ?? 0;
    const pending = survivalAt(survival, age);
    let least = Number.POSITIVE_INFINITY;
    for (let next = at + 1; next <= LAST; next++) {
      const waited = pending * (cost + (GRID[next] ?? 0) - age);
      if (waited > least) break;
      if (next === LAST || (GRID[next] ?? 0) >= age + min)
        least = Math.min(least, waited + (toGo[next] ?? 0));
    }
    toGo[at] = least;
  }
  return toGo;
}

function between(values: Float64Array, age: number): number {
  const after = GRID.findIndex((value) => value >= age);
  const [from, to] = [GRID[after - 1] ?? 0, GRID[after] ?? 0];
  const share = after === 0 ? 1 : (age - from) / (to - from);
  return (values[after - 1] ?? 0) * (1 - share) + (values[after] ?? 0) * share;
}

describe("the plan", () => {
  it("costs at every age what trying all sequences of polls finds to be the least", () => {
    fc.assert(
      fc.property(pasts, costs, (past, settings) => {
        const survival = learned(past);
        const { toGo } = bestPolicy(survival, settings);
        for (const [at, least] of leastCosts(survival, settings).entries())
          expect(Math.abs((toGo[at] ?? 0) - least)).toBeLessThan(1e-6 * (1 + least));
      }),
      { numRuns: 6 },
    );
  });

  it("names only delays that cost at most a few hundredths of a poll more than the best", () => {
    const ages = fc.array(fc.double({ min: 0, max: 5000, noNaN: true }), { minLength: 20, maxLength: 20 });
    fc.assert(
      fc.property(pasts, costs, ages, (past, settings, list) => {
        const survival = learned(past);
        const least = leastCosts(survival, settings);
        for (const age of list) {
          const pending = survivalAt(survival, age);
          const cost = (delay: number) => pending * delay + between(least, age + delay);
          const { earliest, latest } = planDelay({
            ...settings,
            survival,
            ageSeconds: age,
            maxDelaySeconds: 1e6,
          });
          const best = GRID.reduce(
            (best, at, place) =>
              at < age + settings.minDelaySeconds
                ? best
                : Math.min(best, pending * (at - age) + (least[place] ?? 0)),
            Number.POSITIVE_INFINITY,
          );
          const slack = (0.02 * settings.pollCostSeconds + 0.5) * pending;
          expect(cost(earliest)).toBeLessThanOrEqual(best + slack);
          expect(cost(latest)).toBeLessThanOrEqual(best + slack);
        }
      }),
      { numRuns: 6 },
    );
  });

  it("plans whole seconds within the bounds, at any age", () => {
    fc.assert(
      fc.property(
        pasts,
        costs,
        fc.double({ min: 0, max: 2 * bucketStartSeconds(BUCKETS), noNaN: true }),
        (past, settings, ageSeconds) => {
          const { earliest, latest } = planDelay({
            ...settings,
            survival: learned(past),
            ageSeconds,
            maxDelaySeconds: 900,
          });
          expect(Number.isInteger(earliest) && Number.isInteger(latest)).toBe(true);
          expect(earliest).toBeGreaterThanOrEqual(settings.minDelaySeconds);
          expect(latest).toBeGreaterThanOrEqual(earliest);
          expect(latest).toBeLessThanOrEqual(900);
        },
      ),
    );
  });

  it("is as calm as may be beyond all that is known", () => {
    const survival = new Float64Array(BUCKETS + 1).fill(1);
    const settings = { pollCostSeconds: 1, minDelaySeconds: 2, maxDelaySeconds: 900 };
    expect(planDelay({ ...settings, survival, ageSeconds: 1e9 })).toEqual({ earliest: 900, latest: 900 });
  });
});
