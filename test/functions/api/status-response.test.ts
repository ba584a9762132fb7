import { randomBytes } from "node:crypto";
import { renderNodeJob } from "../../../bench/support/sample-jobs.ts";
import {
  describeOmittedSubJobs,
  summarizeSubJobs,
  toJobDocument,
} from "../../../functions/api/status-response.ts";
import type { ApiResponse } from "../../../lib/api/http-message.ts";
import { JobDocument, StatusDocument } from "../../../lib/api/status-document.ts";
import { createSignedJobPageUrlOrNull } from "../../../lib/auth/link-keys.ts";
import { parseJob } from "../../../lib/cce/parse-job.ts";
import type { Job } from "../../../lib/domain/job.ts";
import { summarizeAndTruncateOutcome } from "../../../lib/domain/outcome-summary.ts";
import { FAILED, failedChain, job } from "../../lib/channels/samples.ts";
import { json } from "../http-answers.ts";
import { LINKS, START } from "../http-config.ts";
import type { Harness } from "../http-harness.ts";
import {
  end,
  KEY,
  RUNNING,
  recordRunningJob,
  recordWaitingForReady,
  URL_OF_A,
  watched,
} from "../http-watched.ts";

/** The size limit of Lambda for the complete result of a function as JSON. */
const LAMBDA_BYTES = 6 * 1024 * 1024;

const failed: Job = { ...RUNNING, jobId: "z", phase: "Failed", state: "failed", reason: "no quota" };

function nodes(phase: "Running" | "Failed"): Job {
  const tree = parseJob(renderNodeJob(20_000, phase))?.job;
  if (tree === undefined) throw new Error("the tree was not read");
  return tree;
}

const recordTree = (api: Harness, tree: Job): Promise<void> =>
  recordRunningJob(api, { phase: tree.phase, jobType: tree.type, resourceName: null, tree });

function lambdaBytes({ status, ...rest }: ApiResponse): number {
  return Buffer.byteLength(JSON.stringify({ statusCode: status, ...rest }));
}

const countOf = (job: JobDocument): number => job.subJobs.reduce((sum, one) => sum + 1 + countOf(one), 0);

describe("the status of a job with 20,000 subjobs", () => {
  test("fits into a response of Lambda, and shows a failed subjob at any position", async () => {
    const api = await watched();
    const tree = nodes("Running");
    await recordTree(api, { ...tree, subJobs: [...tree.subJobs, failed] });
    const answer = await api.ask("GET", URL_OF_A);
    expect(lambdaBytes(answer)).toBeLessThan(LAMBDA_BYTES);
    const document = StatusDocument.parse(json(answer));
    expect(document.subJobs).toEqual({ total: 20_001, succeeded: 0, failed: 1, pending: 20_000 });
    expect(document.failures).toMatchObject([{ path: ["CreateNode", "CreateCluster"], reason: "no quota" }]);
    expect(document.job?.subJobs.at(-1)).toMatchObject({ jobId: "z", reason: "no quota" });
    const shown = countOf(document.job as JobDocument);
    expect(shown).toBeGreaterThan(5000);
    expect(document.job?.omitted).toMatchObject({ total: 20_001 - shown, failed: 0 });
    expect(document.warnings).toEqual([
      `The tree of subjobs is too large, so ${20_001 - shown} of 20001 subjobs are omitted.`,
    ]);
  });

  test("fits into a response after the end of the job, with the warning about omitted subjobs as the last warning", async () => {
    const api = await watched();
    const tree = nodes("Failed");
    const conclusion = summarizeAndTruncateOutcome({
      ...KEY,
      region: null,
      outcome: "failed",
      reason: null,
      job: tree,
      warnings: ["The upgrade is paused."],
      context: {},
      jobPageUrl: null,
      listUrl: null,
      acceptedAt: START,
      concludedAt: START,
      polls: 1,
    });
    await api.ledger.getOrCreateOutcome(
      { ...KEY, generation: 0 },
      { summary: conclusion, tree, generations: {} },
      START * 2,
    );
    await end(api);
    const answer = await api.ask("GET", URL_OF_A);
    expect(lambdaBytes(answer)).toBeLessThan(LAMBDA_BYTES);
    expect(StatusDocument.parse(json(answer))).toMatchObject({
      state: "failed",
      subJobs: { total: 20_000, succeeded: 18_000, failed: 2000 },
      job: { subJobs: { length: 2000 }, omitted: { succeeded: 18_000, failed: 0 } },
      warnings: [
        "The upgrade is paused.",
        "The tree of subjobs is too large, so 18000 of 20000 subjobs are omitted.",
      ],
    });
  });

  test("has a page that fits into a response of Lambda", async () => {
    const api = await watched();
    const tree = nodes("Running");
    await recordTree(api, { ...tree, subJobs: [...tree.subJobs, failed] });
    const page = await api.ask("GET", createSignedJobPageUrlOrNull(LINKS, KEY, START) ?? "", { token: null });
    expect(page.status).toBe(200);
    expect(lambdaBytes(page)).toBeLessThan(LAMBDA_BYTES);
    expect(page.body).toContain("no quota");
    expect(page.body).toContain("of 20001 subjobs are omitted.");
    // A browser loads the page again every few seconds, so the page is much smaller than a response may be.
    expect(lambdaBytes(page)).toBeLessThan(2_000_000);
  });
});

test("a status a little larger than a response of Lambda is truncated, and a little smaller is complete", async () => {
  const subJob = (i: number): Job => ({
    ...failed,
    jobId: `job-${i}`,
    state: "succeeded",
    reason: "x".repeat(900),
  });
  const bytes = lambdaBytes({ status: 200, body: JSON.stringify({ job: toJobDocument(subJob(10_000)) }) });
  for (const [responseBytes, isComplete] of [
    [6_350_000, false],
    [5_900_000, true],
  ] as const) {
    const api = await watched();
    const count = Math.round(responseBytes / bytes);
    await recordTree(api, { ...RUNNING, subJobs: Array.from({ length: count }, (_, i) => subJob(i)) });
    const answer = await api.ask("GET", URL_OF_A);
    expect(lambdaBytes(answer)).toBeLessThan(LAMBDA_BYTES);
    expect((json(answer).warnings as string[]).length === 0).toBe(isComplete);
  }
});

test("a status shows that the resource is ready as soon as the outcome is stored", async () => {
  const api = await watched();
  await recordWaitingForReady(api);
  const summary = summarizeAndTruncateOutcome({
    ...KEY,
    region: null,
    outcome: "succeeded",
    reason: null,
    job: RUNNING,
    warnings: [],
    context: {},
    jobPageUrl: null,
    listUrl: null,
    acceptedAt: START,
    concludedAt: START,
    polls: 1,
  });
  const ready = { state: "ready", reason: null, message: null } as const;
  const outcome = { summary: { ...summary, ready }, tree: null, generations: {} };
  await api.ledger.getOrCreateOutcome({ ...KEY, generation: 0 }, outcome, START * 2);
  expect(json(await api.ask("GET", URL_OF_A))).toMatchObject({ state: "watching", ready });
});

test("the status of an ended watch shows all fields of the stored outcome", async () => {
  const api = await watched();
  const subJobs = [{ ...failed, jobId: "y", resourceName: "node-1" }];
  const summary = {
    ...summarizeAndTruncateOutcome({
      ...KEY,
      region: "eu-nl",
      outcome: "failed",
      reason: null,
      job: { ...failed, clusterId: "c-1", resourceId: "r-1", updatedAt: START + 61_000, subJobs },
      warnings: ["The upgrade is paused."],
      context: {},
      jobPageUrl: null,
      listUrl: null,
      acceptedAt: START,
      concludedAt: START + 68_000,
      polls: 1,
    }),
    failuresOmitted: 3,
    causesOmitted: 2,
  };
  await api.ledger.getOrCreateOutcome(
    { ...KEY, generation: 0 },
    { summary, tree: null, generations: {} },
    START * 2,
  );
  await end(api);
  const document = StatusDocument.parse(json(await api.ask("GET", URL_OF_A)));
  const { region, phase, jobType, reason, clusterId, resourceId, resourceName } = summary;
  const { failures, causes, subJobs: counts, warnings } = summary;
  const shown = { region, phase, type: jobType, reason, clusterId, resourceId, resourceName };
  expect(Object.values(shown)).not.toContain(null);
  expect(causes).toHaveLength(1);
  expect(document).toMatchObject({
    ...shown,
    failures,
    failuresOmitted: 3,
    causes,
    causesOmitted: 2,
    subJobs: counts,
    warnings,
    durationSeconds: 61,
    lagSeconds: 7,
  });
});

describe("the status of a job with reasons of hundreds of kilobytes", () => {
  const reason = (at: number) => `${at} "<&'${randomBytes(150_000).toString("base64")}`;
  const tree = {
    ...RUNNING,
    subJobs: Array.from(
      { length: 40 },
      (_, at): Job => ({ ...failed, jobId: `j-${at}`, reason: reason(at) }),
    ),
  };

  test("truncates each reason and shows all subjobs", async () => {
    const api = await watched();
    await recordTree(api, tree);
    const answer = await api.ask("GET", URL_OF_A);
    expect(lambdaBytes(answer)).toBeLessThan(LAMBDA_BYTES);
    const { job, failures, warnings } = StatusDocument.parse(json(answer));
    expect(job?.subJobs.map(({ reason }) => Buffer.byteLength(reason ?? ""))).toEqual(Array(40).fill(4000));
    expect(failures).toHaveLength(40);
    expect(failures.every(({ reason }) => reason?.endsWith("…"))).toBe(true);
    expect(warnings).toEqual([]);
  });

  test("has a page that fits into a response of Lambda", async () => {
    const api = await watched();
    await recordTree(api, tree);
    const page = await api.ask("GET", createSignedJobPageUrlOrNull(LINKS, KEY, START) ?? "", { token: null });
    expect(lambdaBytes(page)).toBeLessThan(LAMBDA_BYTES);
    expect(page.body).toContain("39 &quot;&lt;&amp;");
  });
});

it("renders a tree as a document, with hints for failed subjobs", () => {
  const root = job({
    subJobs: [job({ ...FAILED, reason: "Ecs.0314", subJobs: [job({ reason: "Ecs.0314" })] })],
  });
  const document = toJobDocument(root);
  expect(JobDocument.parse(document)).toEqual(document);
  expect(document.subJobs[0]).toMatchObject({
    hint: expect.stringContaining("key pair"),
    subJobs: [{ hint: null }],
  });
  expect(summarizeSubJobs(root)).toMatchObject({
    failures: [{ path: ["CreateNode", "CreateNode"], reason: "Ecs.0314" }],
    failuresOmitted: 0,
    causes: [{ type: "CreateNode", reason: "Ecs.0314", count: 1, total: 1 }],
    causesOmitted: 0,
  });
  expect(toJobDocument(failedChain(50_000)).subJobs).toHaveLength(1);
});

describe("a tree with omitted subjobs", () => {
  const omitted = { total: 9, succeeded: 2, failed: 3, pending: 4 };
  const root = job({ subJobs: [job({ ...FAILED, reason: "no quota", omitted }), job()] });

  it("counts the omitted subjobs and the failed subjobs that are not in the list", () => {
    expect(summarizeSubJobs(root)).toMatchObject({
      subJobs: { total: 11, succeeded: 3, failed: 4, pending: 4 },
      failuresOmitted: 3,
      failures: [{ reason: "no quota" }],
    });
  });

  it("has a warning that counts the omitted subjobs", () => {
    expect(JobDocument.parse(toJobDocument(root)).subJobs[0]?.omitted).toEqual(omitted);
    expect(describeOmittedSubJobs(root)).toEqual([
      "The tree of subjobs is too large, so 9 of 11 subjobs are omitted.",
    ]);
    expect(describeOmittedSubJobs(job())).toEqual([]);
  });
});

it("truncates the reasons of failed subjobs while the job is running", () => {
  const root = job({
    subJobs: Array.from({ length: 300 }, () => job({ ...FAILED, reason: "嗯".repeat(9000) })),
  });
  const { failures, failuresOmitted, causes } = summarizeSubJobs(root);
  expect(Buffer.byteLength(JSON.stringify(failures))).toBeLessThan(20_001);
  expect(failures[0]?.reason).toMatch(/^嗯+…$/);
  expect(failuresOmitted).toBe(300 - failures.length);
  expect(causes).toMatchObject([{ count: 300, reason: expect.stringMatching(/^嗯+…$/) }]);
});

it("limits the size of the list of causes, and counts the omitted causes", () => {
  const reasonOf = (i: number) => `${"abcdefghij"[i % 10]}${"klmnopqrst"[Math.floor(i / 10)]}`.repeat(400);
  const subJobs = Array.from({ length: 100 }, (_, i) => job({ ...FAILED, reason: reasonOf(i) }));
  const { causes, causesOmitted } = summarizeSubJobs(job({ subJobs }));
  const bytes = Buffer.byteLength(JSON.stringify(causes));
  expect([bytes > 10_000, bytes <= 20_000]).toEqual([true, true]);
  expect(causes.length + causesOmitted).toBe(100);
});
