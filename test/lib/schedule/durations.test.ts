import fc from "fast-check";
import { BUCKETS, bucketStartSeconds, durationBucket, durationDay } from "../../../lib/schedule/durations.ts";

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

  it("are counted by the day", () => {
    expect([0, 86_399_999, 86_400_000].map(durationDay)).toEqual([0, 0, 1]);
  });
});
