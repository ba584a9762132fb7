import fc from "fast-check";
import { AGES, planCheapestPolls } from "../../../lib/schedule/cheapest-polls.ts";
import { cheapestDelayRange } from "../../../lib/schedule/delay-range.ts";
import {
  BUCKETS,
  bucketStartSeconds,
  type DurationCount,
  durationBucket,
} from "../../../lib/schedule/duration-buckets.ts";
import { learnSurvivalCurve, survivalAt } from "../../../lib/schedule/survival-curve.ts";

const LAST = AGES.length - 1;

/** Histories with any distribution of durations, for example with gaps or long tails. */
const histories = fc.array(
  fc.record({
    day: fc.constant(1),
    bucket: fc.integer({ min: durationBucket(30), max: durationBucket(40_000) }),
    count: fc.integer({ min: 1, max: 50 }),
  }),
  { maxLength: 12 },
);
const learned = (past: readonly DurationCount[]) => learnSurvivalCurve("CreateNode", past);
const costs = fc.record({
  pollCostSeconds: fc.constantFrom(0.2, 1, 7, 60),
  minDelaySeconds: fc.constantFrom(1, 2, 15),
});

/** Returns the lowest cost after each planned age. The function tries every age for the next poll. */
function leastCosts(
  survival: Float64Array,
  { pollCostSeconds: cost, minDelaySeconds: min }: { pollCostSeconds: number; minDelaySeconds: number },
): Float64Array {
  const toGo = new Float64Array(LAST + 1);
  for (let at = LAST - 1; at >= 0; at--) {
    const age = AGES[at] ?? 0;
    const pending = survivalAt(survival, age);
    let least = Number.POSITIVE_INFINITY;
    for (let next = at + 1; next <= LAST; next++) {
      const waited = pending * (cost + (AGES[next] ?? 0) - age);
      if (waited > least) break;
      if (next === LAST || (AGES[next] ?? 0) >= age + min)
        least = Math.min(least, waited + (toGo[next] ?? 0));
    }
    toGo[at] = least;
  }
  return toGo;
}

function between(values: Float64Array, age: number): number {
  const after = AGES.findIndex((value) => value >= age);
  const [from, to] = [AGES[after - 1] ?? 0, AGES[after] ?? 0];
  const weight = after === 0 ? 1 : (age - from) / (to - from);
  return (values[after - 1] ?? 0) * (1 - weight) + (values[after] ?? 0) * weight;
}

describe("the plan of polls", () => {
  it("has at every age the lowest cost of all sequences of polls", () => {
    fc.assert(
      fc.property(histories, costs, (past, settings) => {
        const survival = learned(past);
        const { costs: planned } = planCheapestPolls(survival, settings);
        for (const [at, least] of leastCosts(survival, settings).entries())
          expect(Math.abs((planned[at] ?? 0) - least)).toBeLessThan(1e-6 * (1 + least));
      }),
      { numRuns: 6 },
    );
  });

  it("returns only delays that cost at most a few hundredths of a poll more than the best", () => {
    const ages = fc.array(fc.double({ min: 0, max: 5000, noNaN: true }), { minLength: 20, maxLength: 20 });
    fc.assert(
      fc.property(histories, costs, ages, (past, settings, list) => {
        const survival = learned(past);
        const least = leastCosts(survival, settings);
        for (const age of list) {
          const pending = survivalAt(survival, age);
          const cost = (delay: number) => pending * delay + between(least, age + delay);
          const { minSeconds, maxSeconds } = cheapestDelayRange({
            ...settings,
            survival,
            ageSeconds: age,
            maxDelaySeconds: 1e6,
          });
          const best = AGES.reduce(
            (best, at, index) =>
              at < age + settings.minDelaySeconds
                ? best
                : Math.min(best, pending * (at - age) + (least[index] ?? 0)),
            Number.POSITIVE_INFINITY,
          );
          const slack = (0.02 * settings.pollCostSeconds + 0.5) * pending;
          expect(cost(minSeconds)).toBeLessThanOrEqual(best + slack);
          expect(cost(maxSeconds)).toBeLessThanOrEqual(best + slack);
        }
      }),
      { numRuns: 6 },
    );
  });

  it("returns whole seconds within the bounds at any age", () => {
    fc.assert(
      fc.property(
        histories,
        costs,
        fc.double({ min: 0, max: 2 * bucketStartSeconds(BUCKETS), noNaN: true }),
        (past, settings, ageSeconds) => {
          const { minSeconds, maxSeconds } = cheapestDelayRange({
            ...settings,
            survival: learned(past),
            ageSeconds,
            maxDelaySeconds: 900,
          });
          expect(Number.isInteger(minSeconds) && Number.isInteger(maxSeconds)).toBe(true);
          expect(minSeconds).toBeGreaterThanOrEqual(settings.minDelaySeconds);
          expect(maxSeconds).toBeGreaterThanOrEqual(minSeconds);
          expect(maxSeconds).toBeLessThanOrEqual(900);
        },
      ),
    );
  });

  it("returns the maximum delay for an age beyond all planned ages", () => {
    const survival = new Float64Array(BUCKETS + 1).fill(1);
    const settings = { pollCostSeconds: 1, minDelaySeconds: 2, maxDelaySeconds: 900 };
    expect(cheapestDelayRange({ ...settings, survival, ageSeconds: 1e9 })).toEqual({
      minSeconds: 900,
      maxSeconds: 900,
    });
  });
});
