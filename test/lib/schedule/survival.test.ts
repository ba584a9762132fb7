import fc from "fast-check";
import { BUCKETS } from "../../../lib/schedule/durations.ts";
import { learnedSurvival } from "../../../lib/schedule/survival.ts";

describe("what is learned", () => {
  it("is a survival that falls from one and never reaches zero, whatever the past", () => {
    const count = fc.record({
      day: fc.nat(420),
      bucket: fc.integer({ min: -5, max: 900 }),
      count: fc.integer({ min: -1, max: 100 }),
    });
    fc.assert(
      fc.property(fc.array(count), fc.constantFrom("CreateCluster", "Delete", null), (counts, type) => {
        const survival = learnedSurvival(type, counts, 420);
        expect(survival[0]).toBeCloseTo(1, 9);
        for (let at = 1; at <= BUCKETS; at++) {
          expect(survival[at]).toBeGreaterThan(0);
          expect(survival[at]).toBeLessThanOrEqual((survival[at - 1] ?? 0) + 1e-12);
        }
      }),
      { numRuns: 20 },
    );
  });

  it("costs no more work when all that is known is years old", () => {
    const [fresh, ancient] = [
      learnedSurvival(null, [], 28_000),
      learnedSurvival(null, [{ day: 7, bucket: 200, count: 1 }], 28_000),
    ];
    for (const [at, share] of fresh.entries()) expect(ancient[at]).toBeCloseTo(share, 9);
  });

  it("is the prior's own where nothing is known, the same each time", () => {
    expect(learnedSurvival("CreateNode", [], 1)).toBe(learnedSurvival("CreateNode", [], 2));
  });
});
