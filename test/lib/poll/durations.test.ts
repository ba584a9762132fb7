import fc from "fast-check";
import { BUCKETS, bucketStartSeconds, durationBucket, durationEpoch } from "../../../lib/poll/durations.ts";
import { recencyWeights } from "../../../lib/poll/recency.ts";
import { learnedSurvival } from "../../../lib/poll/survival.ts";

describe("duration buckets", () => {
  it("hold the durations they are named for, within five per cent or half a second", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 600_000, noNaN: true }), (seconds) => {
        const bucket = durationBucket(seconds);
        const [start, end] = [bucketStartSeconds(bucket), bucketStartSeconds(bucket + 1)];
        return (
          start <= seconds * 1.000001 && seconds <= end * 1.000001 && end - start <= 0.5 + seconds * 0.05
        );
      }),
    );
  });

  it("take any number, however odd", () => {
    expect([Number.NaN, -5, 0].map(durationBucket)).toEqual([0, 0, 0]);
    expect(durationBucket(Number.POSITIVE_INFINITY)).toBe(BUCKETS - 1);
  });

  it("belong to an epoch of a week", () => {
    expect(durationEpoch(7 * 86_400_000)).toBe(durationEpoch(0) + 1);
  });
});

describe("what is learned", () => {
  it("is a survival that falls from one and never reaches zero, whatever the past", () => {
    const count = fc.record({
      epoch: fc.nat(60),
      bucket: fc.integer({ min: -5, max: 900 }),
      count: fc.nat(100),
    });
    fc.assert(
      fc.property(fc.array(count), fc.constantFrom("CreateCluster", "Delete", null), (counts, type) => {
        const survival = learnedSurvival(type, counts, 60);
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
      learnedSurvival(null, [], 4000),
      learnedSurvival(null, [{ epoch: 1, bucket: 200, count: 1 }], 4000),
    ];
    for (const [at, share] of fresh.entries()) expect(ancient[at]).toBeCloseTo(share, 9);
  });

  it("leaves a past behind from which the present differs", () => {
    const of = (epoch: number, seconds: number) => ({ epoch, bucket: durationBucket(seconds), count: 15 });
    const changed = recencyWeights([of(1, 400), of(2, 400), of(3, 700), of(4, 700)], 4);
    expect(changed.get(4)).toBe(1);
    expect(changed.get(3)).toBeGreaterThan(0.9);
    expect(changed.get(2)).toBeLessThan(0.01);
    const steady = recencyWeights([of(1, 400), of(2, 400), of(3, 400)], 3);
    expect(steady.get(1)).toBeGreaterThan(0.9);
  });
});
