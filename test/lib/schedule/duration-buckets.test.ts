import fc from "fast-check";
import {
  BUCKETS,
  bucketStartSeconds,
  daysSince1970,
  durationBucket,
} from "../../../lib/schedule/duration-buckets.ts";

describe("duration buckets", () => {
  it("contain all assigned durations and are at most 5 % or half a second wide", () => {
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

  it("exist for every number, even NaN and infinity", () => {
    expect([Number.NaN, -5, 0].map(durationBucket)).toEqual([0, 0, 0]);
    expect(durationBucket(Number.POSITIVE_INFINITY)).toBe(BUCKETS - 1);
  });

  it("are counted by days that start at midnight UTC", () => {
    expect([0, 86_399_999, 86_400_000].map(daysSince1970)).toEqual([0, 0, 1]);
  });
});
