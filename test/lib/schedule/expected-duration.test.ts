import { BUCKETS, bucketOfDuration, type DurationCount } from "../../../lib/schedule/duration-counts.ts";
import { bucketOfRank, computeExpectedDuration } from "../../../lib/schedule/expected-duration.ts";

const counted = (seconds: readonly number[], day = 20_000): DurationCount[] =>
  seconds.map((duration) => ({ day, bucket: bucketOfDuration(duration), count: 1 }));

describe("computeExpectedDuration", () => {
  it("returns null if no job has ended", () => {
    expect(computeExpectedDuration([], 0)).toBeNull();
  });

  it("returns the median and the ninth decile of the observed jobs, within the width of a bucket", () => {
    const expected = computeExpectedDuration(counted([100, 200, 300, 400, 500, 600, 700, 800, 900, 1000]), 0);
    expect(expected?.fromJobs).toBe(10);
    expect(Math.abs((expected?.p50Seconds ?? 0) / 500 - 1)).toBeLessThan(0.03);
    expect(Math.abs((expected?.p90Seconds ?? 0) / 900 - 1)).toBeLessThan(0.03);
  });

  it("returns the median remaining time of the jobs that took longer than the job until now", () => {
    const durations = counted([100, 100, 100, 500, 600, 700]);
    const remaining = (age: number) => computeExpectedDuration(durations, age)?.remainingSeconds ?? null;
    expect(remaining(200)).toBeGreaterThan(380);
    expect(remaining(200)).toBeLessThan(420);
    expect(remaining(550)).toBeLessThan(160);
  });

  it("returns no remaining time for a job that takes longer than every observed job", () => {
    expect(computeExpectedDuration(counted([100, 200]), 300)?.remainingSeconds).toBeNull();
  });

  it("counts a job of the shortest duration as longer than a job that has just started", () => {
    expect(computeExpectedDuration([{ day: 1, bucket: 0, count: 1 }], 0)).toEqual({
      p50Seconds: 0.1,
      p90Seconds: 0.1,
      fromJobs: 1,
      remainingSeconds: 0.1,
    });
  });

  it("returns the remaining time in tenths of a second, from the lower of two middle jobs", () => {
    // The buckets of 500 s and 600 s have the middles 501.0 s and 599.2 s.
    const remaining = computeExpectedDuration(counted([100, 500, 600]), 200.34)?.remainingSeconds ?? 0;
    expect(Math.abs(remaining - 300)).toBeLessThan(6);
    expect(remaining).toBe(Math.round(remaining * 10) / 10);
    expect(Number.isInteger(remaining)).toBe(false);
  });
});

describe("bucketOfRank", () => {
  const counts = new Float64Array(BUCKETS);
  counts.set([2, 0, 3], 5);

  it.each([
    [1, 5],
    [2, 5],
    [2.1, 7],
    [5, 7],
    [6, BUCKETS - 1],
  ])("returns for the rank %f the bucket %i", (rank, bucket) => {
    expect(bucketOfRank(counts, rank)).toBe(bucket);
  });
});
