import fc from "fast-check";
import { BUCKETS, type DurationCount, durationBucket } from "../../../lib/schedule/duration-buckets.ts";
import { learnedSurvival, survivalAt } from "../../../lib/schedule/learned-survival.ts";

const at = (day: number, seconds: number, count: number): DurationCount => ({
  day,
  bucket: durationBucket(seconds),
  count,
});
/** Two jobs a day, all of the same duration. */
const days = (from: number, to: number, seconds: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => at(from + index, seconds, 2));

describe("learnedSurvival", () => {
  it("falls from 1 and never reaches 0, for any durations", () => {
    const count = fc.record({
      day: fc.nat(420),
      bucket: fc.integer({ min: -5, max: 900 }),
      count: fc.integer({ min: -1, max: 100 }),
    });
    fc.assert(
      fc.property(fc.array(count), fc.constantFrom("CreateCluster", "Delete", null), (counts, type) => {
        const survival = learnedSurvival(type, counts);
        expect(survival[0]).toBeCloseTo(1, 9);
        for (let bucket = 1; bucket <= BUCKETS; bucket++) {
          expect(survival[bucket]).toBeGreaterThan(0);
          expect(survival[bucket]).toBeLessThanOrEqual((survival[bucket - 1] ?? 0) + 1e-12);
        }
      }),
      { numRuns: 20 },
    );
  });

  it("returns the prior when no job has ended, and the same array each time", () => {
    expect(learnedSurvival("CreateNode", [])).toBe(learnedSurvival("CreateNode", []));
  });

  it("learns from one list of counts only once per type", () => {
    const durations = days(1, 20, 400);
    const survival = learnedSurvival("CreateCluster", durations);
    expect(learnedSurvival("CreateCluster", durations)).toBe(survival);
    expect(learnedSurvival("CreateNode", durations)).not.toBe(survival);
  });

  it("forgets older days when recent days have enough jobs", () => {
    const recent = learnedSurvival("CreateCluster", days(101, 130, 600));
    const changed = learnedSurvival("CreateCluster", [...days(1, 100, 400), ...days(101, 130, 600)]);
    expect(changed).toEqual(recent);
    expect(survivalAt(changed, 500)).toBeGreaterThan(0.95);
  });

  it("uses all of the oldest day that it needs", () => {
    const oldest: DurationCount[] = [40, 400, 4000].map((seconds) => at(1, seconds, 100));
    const survival = learnedSurvival("CreateCluster", [...oldest, ...days(2, 3, 400)]);
    expect(survival).toEqual(learnedSurvival("CreateCluster", [...days(2, 3, 400), ...oldest.toReversed()]));
    expect(survivalAt(survival, 1000)).toBeCloseTo(1 / 3, 1);
  });

  it("uses old days when few jobs have ended since", () => {
    const old = days(1, 10, 400);
    expect(learnedSurvival("CreateCluster", [...old, at(700, 400, 1)])).not.toEqual(
      learnedSurvival("CreateCluster", [at(700, 400, 1)]),
    );
  });
});
