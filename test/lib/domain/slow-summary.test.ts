import type { Job } from "../../../lib/domain/job.ts";
import { SlowSummary, summarizeAndTruncateSlowJob } from "../../../lib/domain/slow-summary.ts";
import { job, T0 } from "../ledger/samples.ts";

const WATCH = {
  project: "prod",
  region: "eu-de",
  jobId: "job-1",
  acceptedAt: T0,
  polledAt: T0 + 600_000,
  polls: 7,
  context: { actor: "jane" },
  ageSeconds: 605,
  usual: { p50Seconds: 300, p95Seconds: 420, fromJobs: 30 },
  jobPageUrl: "https://notifier.example.com/jobs/prod/job-1",
};
const summarize = (root: Partial<Job>) =>
  summarizeAndTruncateSlowJob(WATCH, job(root), (type) => (type === "InstallNode" ? 190 : null));
const running = (changes: Partial<Job> = {}) =>
  job({ type: "InstallNode", createdAt: T0 + 60_000, ...changes });

it("the summary of a slow job contains the watch, the job and the counts of its subjobs", () => {
  const { running: _, ...summary } = summarize({
    resourceId: "r-1",
    subJobs: [running(), job({ state: "succeeded" }), job({ state: "failed" })],
  });
  expect(summary).toEqual({
    ...WATCH,
    jobType: "CreateCluster",
    phase: "Running",
    clusterId: "c-1",
    resourceId: "r-1",
    resourceName: "blue",
    subJobs: { total: 3, succeeded: 1, failed: 1, pending: 1 },
    runningOmitted: 0,
    createdAt: T0 - 5000,
    updatedAt: T0,
  });
});

it("the summary of a slow job lists the innermost running subjobs with their age and usual duration", () => {
  const subJobs = [
    job({ type: "CreateNode", subJobs: [running({ resourceName: "node-1" })] }),
    job({ type: "CreateDisk", resourceName: null, createdAt: T0 + 540_000 }),
    job({ type: null, resourceName: null, createdAt: null }),
  ];
  expect(summarize({ subJobs }).running).toEqual([
    {
      path: ["CreateCluster", "CreateNode", "InstallNode"],
      resourceName: "node-1",
      ageSeconds: 540,
      usualSeconds: 190,
    },
    { path: ["CreateCluster", "CreateDisk"], resourceName: null, ageSeconds: 60, usualSeconds: null },
    { path: ["CreateCluster", "unknown"], resourceName: null, ageSeconds: null, usualSeconds: null },
  ]);
});

it.each([
  ["no start time", null, null],
  ["a start time in the future", T0 + 600_001, null],
  ["the time of the poll as its start time", T0 + 600_000, 0],
  ["a start time before the start of its parent", T0 - 5001, null],
  ["the start time of its parent", T0 - 5000, 605],
])("the age of a running subjob with %s is correct or null", (_, createdAt, ageSeconds) => {
  expect(summarize({ subJobs: [running({ createdAt })] }).running).toMatchObject([{ ageSeconds }]);
});

it("a subjob whose parent has no start time has an age", () => {
  const { running: listed } = summarize({ createdAt: null, subJobs: [running()] });
  expect(listed).toMatchObject([{ ageSeconds: 540 }]);
});

it("the summary of a slow job lists five running subjobs and the number of the others", () => {
  const subJobs = (count: number) => Array.from({ length: count }, () => running());
  expect(summarize({ subJobs: subJobs(5) })).toMatchObject({ running: { length: 5 }, runningOmitted: 0 });
  expect(summarize({ subJobs: subJobs(7) })).toMatchObject({ running: { length: 5 }, runningOmitted: 2 });
  const below = { subJobs: [running({ subJobs: subJobs(7) })] };
  expect(summarize(below)).toMatchObject({ running: { length: 5 }, runningOmitted: 2 });
});

it("the summary of a slow job truncates names to 100 characters and paths to the last ten types", () => {
  const long = "x".repeat(101);
  const short = `${"x".repeat(99)}…`;
  let inner = running({ type: long, resourceName: long });
  for (let level = 11; level > 0; level -= 1) inner = job({ type: `level-${level}`, subJobs: [inner] });
  const names = { type: long, phase: long, clusterId: long, resourceId: long, resourceName: long };
  const summary = summarize({ ...names, subJobs: [inner] });
  expect(summary).toMatchObject({
    jobType: short,
    phase: short,
    clusterId: short,
    resourceId: short,
    resourceName: short,
  });
  const types = Array.from({ length: 9 }, (_, i) => `level-${i + 3}`);
  expect(summary.running).toMatchObject([{ path: [...types, short], resourceName: short }]);
});

it("the summary of a slow job truncates the context of the caller", () => {
  const context = { actor: "\u0001".repeat(200) };
  const { context: truncated } = summarizeAndTruncateSlowJob({ ...WATCH, context }, job(), () => null);
  expect(truncated.actor).toBe(`${"\u0001".repeat(99)}…`);
});

it("a stored summary of a slow job is read with all its fields", () => {
  const summary = summarize({ subJobs: [running()] });
  expect(SlowSummary.parse(JSON.parse(JSON.stringify(summary)))).toEqual(summary);
  expect(SlowSummary.safeParse({ ...summary, ageSeconds: -1 }).success).toBe(false);
  expect(SlowSummary.safeParse({ ...summary, usual: {} }).success).toBe(false);
  expect(SlowSummary.safeParse({ ...summary, running: [{}] }).success).toBe(false);
});

it("the usual duration is asked only for a subjob with a type", () => {
  const asked: string[] = [];
  summarizeAndTruncateSlowJob(WATCH, job({ subJobs: [running(), running({ type: null })] }), (type) => {
    asked.push(type);
    return null;
  });
  expect(asked).toEqual(["InstallNode"]);
});
