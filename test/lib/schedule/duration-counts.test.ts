import {
  BUCKETS,
  bucketOfDuration,
  bucketStartSeconds,
  daysSince1970,
  durationCountExpiry,
} from "../../../lib/schedule/duration-counts.ts";
import fc from "../../support/properties.ts";

describe("duration buckets", () => {
  it("contain all assigned durations and are at most 5 % or half a second wide", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 600_000, noNaN: true }), (seconds) => {
        const bucket = bucketOfDuration(seconds);
        const [start, end] = [bucketStartSeconds(bucket), bucketStartSeconds(bucket + 1)];
        return (
          start <= seconds * 1.000001 && seconds <= end * 1.000001 && end - start <= 0.5 + seconds * 0.05
        );
      }),
    );
  });

  it("exist for every number, even NaN and infinity", () => {
    expect([Number.NaN, -5, 0].map(bucketOfDuration)).toEqual([0, 0, 0]);
    expect(bucketOfDuration(Number.POSITIVE_INFINITY)).toBe(BUCKETS - 1);
  });

  it("are counted by days that start at midnight UTC", () => {
    expect([0, 86_399_999, 86_400_000].map(daysSince1970)).toEqual([0, 0, 1]);
  });

  it("are kept for two years of whole weeks after the end of their day", () => {
    const years = 2 * 52 * 7;
    expect([0, 20_000].map(durationCountExpiry)).toEqual(
      [0, 20_000].map((day) => Date.UTC(1970, 0, day + 2 + years)),
    );
  });
});
