import type { Job } from "../../../lib/domain/job.ts";
import { bucketOfDuration, type DurationCount } from "../../../lib/schedule/duration-buckets.ts";
import {
  appendSubJobDurations,
  computeExpectedDuration,
  longestSucceededSecondsByType,
  type SubJobDurations,
  usualSubJobSeconds,
} from "../../../lib/schedule/expected-duration.ts";

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

function job(type: string | null, seconds: number | null, changes: Partial<Job> = {}): Job {
  const ids = { jobId: null, clusterId: null, resourceId: null, resourceName: null, reason: null };
  const times = { createdAt: 1000, updatedAt: seconds === null ? null : 1000 + seconds * 1000 };
  return { ...ids, ...times, type, phase: null, state: "succeeded", subJobs: [], ...changes };
}

test("the longest succeeded subjob of each type counts, at any depth", () => {
  const nested = job("InstallNode", 50, { subJobs: [job("CreateNodeVM", 20)] });
  const root = job("CreateNode", 90, {
    subJobs: [nested, job("InstallNode", 70), job("InstallNode", 99, { state: "failed" })],
  });
  expect(longestSucceededSecondsByType(root)).toEqual({ InstallNode: 70, CreateNodeVM: 20 });
});

test("a subjob without a type, without times, or that ends before its start is skipped", () => {
  const subJobs = [job(null, 5), job("A", null), job("B", -5), job("C", 5, { state: "pending" })];
  expect(longestSucceededSecondsByType(job("X", 9, { subJobs }))).toEqual({});
});

test("the stored durations stay below 3 kB, however many types and jobs there are", () => {
  let known: SubJobDurations = {};
  for (let run = 0; run < 50; run += 1) {
    const subJobs = Array.from({ length: 100 }, (_, i) => job(`Type${i}`, 100_000 + run));
    known = appendSubJobDurations(known, longestSucceededSecondsByType(job("X", 9, { subJobs })));
  }
  expect(Object.keys(known)).toHaveLength(40);
  for (const durations of Object.values(known)) {
    expect(durations).toHaveLength(15);
    expect(durations.at(-1)).toBe(100_049);
  }
});

test("the usual duration is the median of at least five subjobs", () => {
  expect(usualSubJobSeconds({ A: [1, 2, 3, 4] }, "A")).toBeNull();
  expect(usualSubJobSeconds({ A: [50, 10, 40, 20, 30] }, "A")).toBe(30);
  expect(usualSubJobSeconds({}, "constructor")).toBeNull();
});
