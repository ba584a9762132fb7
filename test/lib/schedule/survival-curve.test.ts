import fc from "fast-check";
import { BUCKETS, type DurationCount, durationBucket } from "../../../lib/schedule/duration-buckets.ts";
import { learnSurvivalCurve, survivalAt } from "../../../lib/schedule/survival-curve.ts";

const at = (day: number, seconds: number, count: number): DurationCount => ({
  day,
  bucket: durationBucket(seconds),
  count,
});
/** Returns counts of two ended jobs per day. */
const days = (from: number, to: number, secondsOn: (day: number) => number) =>
  Array.from({ length: to - from + 1 }, (_, index) => at(from + index, secondsOn(from + index), 2));
/** Returns durations that differ from `seconds` by up to 30 s, without a trend. The steps use the golden ratio. */
const about = (seconds: number) => (day: number) => seconds - 30 + ((day * 37.08) % 60);
const learned = (durations: readonly DurationCount[]) => learnSurvivalCurve("CreateCluster", durations);

describe("learnSurvivalCurve", () => {
  it("falls from 1 and never reaches 0, for any durations", () => {
    const count = fc.record({
      day: fc.nat(420),
      bucket: fc.integer({ min: -5, max: 900 }),
      count: fc.integer({ min: -1, max: 100 }),
    });
    fc.assert(
      fc.property(fc.array(count), fc.constantFrom("CreateCluster", "Delete", null), (counts, type) => {
        const survival = learnSurvivalCurve(type, counts);
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
    expect(learnSurvivalCurve("CreateNode", [])).toBe(learnSurvivalCurve("CreateNode", []));
  });

  it("learns from one list of counts only once per type", () => {
    const durations = days(1, 20, about(400));
    const survival = learnSurvivalCurve("CreateCluster", durations);
    expect(learnSurvivalCurve("CreateCluster", durations)).toBe(survival);
    expect(learnSurvivalCurve("CreateNode", durations)).not.toBe(survival);
  });

  it("forgets the days before a change", () => {
    const changed = [...days(1, 20, about(400)), ...days(21, 30, about(600))];
    expect(learned(changed)).toEqual(learned(days(21, 30, about(600))));
  });

  it("forgets the days before the latest of two changes", () => {
    const changed = [...days(1, 20, about(400)), ...days(21, 40, about(600)), ...days(41, 50, about(500))];
    expect(learned(changed)).toEqual(learned(days(41, 50, about(500))));
  });

  it("uses all days while the durations are steady, also with rare failures and stuck jobs", () => {
    const rare = [at(7, 30, 1), at(19, 3600, 1), at(30, 25, 1)];
    const steady = [...days(1, 40, about(400)), ...rare];
    expect(learned(steady)).not.toEqual(learned(steady.filter(({ day }) => day > 1)));
  });

  it("does not treat a few jobs of the latest day as a change", () => {
    const latest = at(41, 4000, 3);
    const survival = learned([...days(1, 40, about(400)), latest]);
    expect(survivalAt(survival, 1000)).toBeLessThan(0.1);
  });

  it("does not depend on the order of the counts", () => {
    const changed = [...days(1, 20, about(400)), ...days(21, 30, about(600))];
    expect(learned(changed.toReversed())).toEqual(learned(changed));
  });
});
