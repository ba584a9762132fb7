import type { Job } from "../../../lib/domain/job.ts";
import { compressJson } from "../../../lib/ledger/dynamo/compressed-tree.ts";
import {
  appendDurationsAndDropOldest,
  type LatestDurations,
  longestSucceededSubJobSecondsByType,
  lowerMedianSeconds,
  medianSubJobSecondsIfEnough,
  NO_LATEST_DURATIONS,
} from "../../../lib/schedule/latest-durations.ts";

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
  expect(longestSucceededSubJobSecondsByType(root)).toEqual({ InstallNode: 70, CreateNodeVM: 20 });
});

test("a subjob without a type, without times, or that ends before its start is skipped", () => {
  const subJobs = [job(null, 5), job("A", null), job("B", -5), job("C", 5, { state: "pending" })];
  expect(longestSucceededSubJobSecondsByType(job("X", 9, { subJobs }))).toEqual({});
});

test("the stored durations stay below 3 kB, however many types and jobs there are", () => {
  let known = NO_LATEST_DURATIONS;
  for (let run = 0; run < 50; run += 1) {
    const subJobs = Array.from({ length: 100 }, (_, i) => job(`Type${i}`, 100_000 + run));
    const ended = { endedAt: 1.7e12 + 61_234_567 * run, seconds: 100_000.123 + run * 7.001 };
    const both = { job: ended, subJobs: longestSucceededSubJobSecondsByType(job("X", 9, { subJobs })) };
    known = appendDurationsAndDropOldest(appendDurationsAndDropOldest(known, both), {
      job: ended,
      subJobs: {},
    });
  }
  expect(compressJson(known).byteLength).toBeLessThan(3000);
  expect(known.jobs).toHaveLength(60);
  expect(Object.keys(known.subJobs)).toHaveLength(40);
  for (const durations of Object.values(known.subJobs)) {
    expect(durations).toHaveLength(15);
    expect(durations.at(-1)).toBe(100_049);
  }
});

test("the newest 60 jobs stay, oldest first", () => {
  let known = NO_LATEST_DURATIONS;
  for (let endedAt = 1; endedAt <= 62; endedAt += 1)
    known = appendDurationsAndDropOldest(known, { job: { endedAt, seconds: 5 }, subJobs: {} });
  expect(known.jobs.map(({ endedAt }) => endedAt)).toEqual(Array.from({ length: 60 }, (_, i) => i + 3));
});

test("the usual duration is the median of at least five subjobs", () => {
  const usual = (A: number[]) => medianSubJobSecondsIfEnough({ jobs: [], subJobs: { A } }, "A");
  expect(usual([1, 2, 3, 4])).toBeNull();
  expect(usual([50, 10, 40, 20, 30])).toBe(30);
  expect(medianSubJobSecondsIfEnough(NO_LATEST_DURATIONS, "constructor")).toBeNull();
});

test("a type with up to 100 characters and a subjob that took no time count", () => {
  const [longest, longer] = ["T".repeat(100), "T".repeat(101)];
  const subJobs = [job(longest, 1.6), job(longer, 5), job("A", 0), job("B", 5, { createdAt: null })];
  expect(longestSucceededSubJobSecondsByType(job("X", 9, { subJobs }))).toEqual({ [longest]: 2, A: 0 });
});

test("a known type gets new durations when the list of types is full, and a new type does not", () => {
  const full: LatestDurations = {
    jobs: [],
    subJobs: Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`Type${i}`, [1]])),
  };
  const { jobs, subJobs } = appendDurationsAndDropOldest(full, { job: null, subJobs: { Type7: 2, New: 3 } });
  expect(jobs).toEqual([]);
  expect(subJobs).toEqual({ ...full.subJobs, Type7: [1, 2] });
  const { Type0: _, ...almostFull } = full.subJobs;
  const added = appendDurationsAndDropOldest(
    { jobs: [], subJobs: almostFull },
    { job: null, subJobs: { New: 3 } },
  );
  expect(added.subJobs).toEqual({ ...almostFull, New: [3] });
});

test("the median of an even number of durations is the lower of the two middle values", () => {
  const durations = [40, 10, 30, 20];
  expect(lowerMedianSeconds(durations)).toBe(20);
  expect(durations).toEqual([40, 10, 30, 20]);
  expect(lowerMedianSeconds([7])).toBe(7);
  expect(lowerMedianSeconds([])).toBeNull();
});
