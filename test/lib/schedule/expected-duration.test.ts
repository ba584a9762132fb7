import { bucketOfDuration, type DurationCount } from "../../../lib/schedule/duration-counts.ts";
import { computeExpectedDuration, jobAgeSeconds } from "../../../lib/schedule/expected-duration.ts";

const ACCEPTED_AT = Date.UTC(2026, 0, 15);
const DAY_MS = 86_400_000;

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

describe("jobAgeSeconds", () => {
  it.each([
    ["the creation time, for a job that is accepted late", ACCEPTED_AT - 600_000, 660],
    ["the acceptance, when the creation time is missing", null, 60],
    ["the acceptance, when the creation time is hours later", ACCEPTED_AT + 8 * 3_600_000, 60],
    ["the acceptance, when the creation time is weeks earlier", ACCEPTED_AT - 30 * DAY_MS, 60],
    ["its creation time, when clocks differ by a few seconds", ACCEPTED_AT + 10_000, 50],
  ])("counts from %s", (_, createdAt, age) => {
    expect(jobAgeSeconds(createdAt, ACCEPTED_AT, ACCEPTED_AT + 60_000)).toBe(age);
  });

  it("is never negative", () => {
    expect(jobAgeSeconds(ACCEPTED_AT + 30_000, ACCEPTED_AT, ACCEPTED_AT)).toBe(0);
  });
});
