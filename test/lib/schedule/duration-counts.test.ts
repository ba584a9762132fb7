import {
  BUCKETS,
  bucketOfDuration,
  bucketStartSeconds,
  countJobsPerBucketAndTotalOfLatestDays,
  countJobsPerBucketSinceDurationsChanged,
  type DurationCount,
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

const on = (day: number, bucket: number, count: number): DurationCount => ({ day, bucket, count });

/** Returns the counts of the buckets that contain jobs. */
function nonEmpty({ counts, total }: ReturnType<typeof countJobsPerBucketAndTotalOfLatestDays>) {
  const buckets = [...counts].flatMap((count, bucket) => (count === 0 ? [] : [[bucket, count]]));
  return { total, buckets: Object.fromEntries(buckets) as Record<string, number> };
}

describe("the counts of the latest days", () => {
  const days = [on(3, 7, 4), on(1, 5, 3), on(2, 5, 2), on(3, 5, 1)];

  it.each([
    [0, { total: 0, buckets: {} }],
    [1, { total: 5, buckets: { 5: 1, 7: 4 } }],
    [5, { total: 5, buckets: { 5: 1, 7: 4 } }],
    [6, { total: 7, buckets: { 5: 3, 7: 4 } }],
    [7, { total: 7, buckets: { 5: 3, 7: 4 } }],
    [8, { total: 10, buckets: { 5: 6, 7: 4 } }],
    [999, { total: 10, buckets: { 5: 6, 7: 4 } }],
  ])("contain whole days with together at least %i jobs, if there are as many", (minJobs, expected) => {
    expect(nonEmpty(countJobsPerBucketAndTotalOfLatestDays(days, minJobs))).toEqual(expected);
  });

  it("ignore counts that are not positive, and buckets that do not exist", () => {
    const wrong = [on(9, -1, 5), on(9, BUCKETS, 5), on(9, 3, 0), on(9, 3, -2)];
    const edges = [on(1, 0, 1), on(1, BUCKETS - 1, 1)];
    expect(nonEmpty(countJobsPerBucketAndTotalOfLatestDays([...wrong, ...edges], 9))).toEqual({
      total: 2,
      buckets: { 0: 1, [BUCKETS - 1]: 1 },
    });
  });
});

describe("the counts since the durations changed", () => {
  const since = (...durations: DurationCount[]) =>
    nonEmpty(countJobsPerBucketSinceDurationsChanged(durations)).total;

  it.each([
    ["four jobs before and after a clear change", on(1, 10, 4), on(2, 20, 4), 4],
    ["also if durations fall", on(1, 20, 4), on(2, 10, 4), 4],
    ["no change with three jobs before", on(1, 10, 3), on(2, 20, 4), 7],
    ["no change with three jobs after", on(1, 10, 4), on(2, 20, 3), 7],
    ["no change in equal durations", on(1, 10, 400), on(2, 10, 400), 800],
  ])("contain %s", (_, before, after, total) => {
    expect(since(before, after)).toBe(total);
  });

  it("need the more jobs to see a change, the more the durations before and after overlap", () => {
    /** Returns how many jobs each day needs until the first day is dropped. The days share half of their jobs. */
    const needed = (shared: number) => {
      for (let jobs = 4; jobs < 400; jobs += 1) {
        const mixed = (day: number, own: number) => [
          on(day, own, jobs * (1 - shared)),
          on(day, 50, jobs * shared),
        ];
        const total = since(...mixed(1, 10), ...mixed(2, 90));
        if (total < 1.5 * jobs) return jobs;
      }
      return Number.POSITIVE_INFINITY;
    };
    // With n jobs before and after, the difference is √(2 (n - 1)) standard errors for a half of shared jobs, and
    // √((n - 1) / 2) for four fifths. A change needs more than 4.5.
    expect([0.1, 0.5, 0.8].map(needed)).toEqual([4, 12, 42]);
  });

  it("start at the largest of several changes, and then at the next change after it", () => {
    const changes = [on(1, 10, 20), on(2, 10, 20), on(3, 60, 20), on(4, 61, 20), on(5, 62, 3)];
    expect(since(...changes)).toBe(23);
  });
});
