import { bucketOfDuration, type DurationCount } from "../../../lib/schedule/duration-counts.ts";
import { computeExpectedDuration } from "../../../lib/schedule/expected-duration.ts";

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
});
