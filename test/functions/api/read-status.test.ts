import { StatusDocument } from "../../../lib/api/status-document.ts";
import type { Ledger } from "../../../lib/ledger/ledger.ts";
import { bucketOfDuration, daysSince1970 } from "../../../lib/schedule/duration-counts.ts";
import { json } from "../http-answers.ts";
import { START, TOKENS } from "../http-config.ts";
import { end, KEY, URL_OF_A, watched } from "../http-watched.ts";

/** Records a poll that found a running cluster creation. */
async function recordRunningJob(ledger: Ledger): Promise<void> {
  await ledger.claimPoll({ key: KEY, poll: 1, messageId: "m", now: START, leaseMs: 1000 });
  await ledger.recordPoll({
    key: KEY,
    poll: 1,
    messageId: "m",
    nextPollAt: START + 5000,
    consecutiveFailures: 0,
    rateLimited: false,
    accessError: null,
    lastPollError: null,
    polledAt: [START],
    phase: "Running",
    jobType: "CreateCluster",
    resourceName: "m",
    tree: null,
  });
}

describe("GET /v1/jobs/{project}/{jobId}", () => {
  test("returns how long the job is expected to take, within a minute after a job of its type has ended", async () => {
    const api = await watched();
    await recordRunningJob(api.ledger);
    const read = async () => StatusDocument.parse(json(await api.ask("GET", URL_OF_A)));
    expect(await read()).not.toHaveProperty("expected");
    const day = daysSince1970(START);
    const ended = { project: "prod", jobType: "CreateCluster", bucket: bucketOfDuration(300), day };
    await api.ledger.addDuration({ ...ended, expiresAt: START * 2 });
    api.clock.now = START + 60_000;
    const { expected } = await read();
    expect(expected?.fromJobs).toBe(1);
    expect(Math.abs((expected?.p50Seconds ?? 0) - 300)).toBeLessThan(4);
    expect(Math.abs((expected?.remainingSeconds ?? 0) - 240)).toBeLessThan(4);
    await end(api);
    expect(await read()).not.toHaveProperty("expected");
  });

  test("returns the status document with an ETag and a Retry-After header", async () => {
    const api = await watched();
    const answer = await api.ask("GET", URL_OF_A);
    expect(answer).toMatchObject({
      status: 200,
      headers: { "retry-after": "11", etag: expect.stringMatching(/^"/) },
    });
    const document = StatusDocument.parse(json(answer));
    expect(document).toMatchObject({
      project: "prod",
      jobId: "a",
      region: "eu-de",
      state: "watching",
      done: false,
      polls: 0,
      acceptedAt: "2026-11-23T09:00:00.000Z",
      nextPollAt: "2026-11-23T09:00:10.000Z",
      job: null,
    });
    expect(document.deliveries.map(({ target, state }) => [target, state])).toEqual([
      ["audit", "pending"],
      ["deploys", "pending"],
    ]);
  });

  test("shows the tree of the latest poll, with its failures", async () => {
    const api = await watched();
    await api.ledger.claimPoll({ key: KEY, poll: 1, messageId: "m", now: START, leaseMs: 1000 });
    const leaf = {
      jobId: "b",
      type: "InstallMaster",
      phase: "Failed",
      state: "failed" as const,
      reason: "no quota",
      clusterId: null,
      resourceId: null,
      resourceName: "m-1",
      createdAt: START,
      updatedAt: null,
      subJobs: [],
    };
    const tree = {
      ...leaf,
      jobId: "a",
      type: "CreateCluster",
      phase: "Running",
      state: "pending" as const,
      reason: null,
    };
    await api.ledger.recordPoll({
      key: KEY,
      poll: 1,
      messageId: "m",
      nextPollAt: START + 5000,
      consecutiveFailures: 0,
      rateLimited: false,
      lastPollError: null,
      polledAt: [START],
      phase: "Running",
      jobType: "CreateCluster",
      resourceName: "m",
      tree: { ...tree, subJobs: [leaf] },
      accessError: { kind: "forbidden", since: START },
    });
    expect(StatusDocument.parse(json(await api.ask("GET", URL_OF_A)))).toMatchObject({
      type: "CreateCluster",
      failures: [{ path: ["CreateCluster", "InstallMaster"], jobId: "b", reason: "no quota" }],
      subJobs: { total: 1, succeeded: 0, failed: 1, pending: 0 },
      lastPollError: expect.stringContaining("since 2026-11-23T09:00:00.000Z"),
      job: { jobId: "a", subJobs: [{ jobId: "b", createdAt: "2026-11-23T09:00:00.000Z" }] },
    });
  });

  test("returns the last poll error and the time of its start", async () => {
    const api = await watched();
    await api.ledger.claimPoll({ key: KEY, poll: 1, messageId: "m", now: START, leaseMs: 1000 });
    await api.ledger.recordPoll({
      key: KEY,
      poll: 1,
      messageId: "m",
      nextPollAt: START + 5000,
      consecutiveFailures: 1,
      rateLimited: false,
      phase: null,
      jobType: null,
      resourceName: null,
      tree: null,
      polledAt: [START],
      accessError: null,
      lastPollError: { since: START, text: "CCE cannot be reached (ENOTFOUND)" },
    });
    expect(json(await api.ask("GET", URL_OF_A))).toMatchObject({
      lastPollError: "CCE cannot be reached (ENOTFOUND), since 2026-11-23T09:00:00.000Z",
    });
  });

  test.each([
    ["timed_out", "CCE cannot be reached (ENOTFOUND), since 2026-11-23T09:00:00.000Z"],
    ["succeeded", null],
    ["failed", null],
  ] as const)("returns the last poll error after the outcome %s as %j", async (outcome, lastPollError) => {
    const api = await watched();
    await api.ledger.claimPoll({ key: KEY, poll: 1, messageId: "m", now: START, leaseMs: 1000 });
    await api.ledger.recordPoll({
      key: KEY,
      poll: 1,
      messageId: "m",
      nextPollAt: START + 5000,
      consecutiveFailures: 1,
      rateLimited: false,
      phase: null,
      jobType: null,
      resourceName: null,
      tree: null,
      polledAt: [START],
      accessError: null,
      lastPollError: { since: START, text: "CCE cannot be reached (ENOTFOUND)" },
    });
    await end(api, outcome);
    expect(json(await api.ask("GET", URL_OF_A))).toMatchObject({ state: outcome, lastPollError });
  });

  test("omits filtered targets and Retry-After after the end of the watch", async () => {
    const api = await watched();
    await end(api, "succeeded");
    const answer = await api.ask("GET", URL_OF_A);
    expect(answer.headers).not.toHaveProperty("retry-after");
    expect(json(answer)).toMatchObject({ state: "succeeded", done: true, deliveries: [{ target: "audit" }] });
  });

  test("returns 304 to a caller with the current ETag", async () => {
    const api = await watched();
    const etag = (await api.ask("GET", URL_OF_A)).headers?.etag ?? "";
    const headers = { "if-none-match": `"other", W/${etag}` };
    const again = await api.ask("GET", URL_OF_A, { headers });
    expect(again).toMatchObject({ status: 304, headers: { etag } });
    expect(again).not.toHaveProperty("body");
    await end(api);
    expect((await api.ask("GET", URL_OF_A, { headers })).status).toBe(200);
  });

  test("returns 404 for an unknown job, and the same response to HEAD as to GET", async () => {
    const api = await watched();
    expect((await api.ask("GET", "/v1/jobs/prod/b")).status).toBe(404);
    expect((await api.ask("GET", "/v1/jobs/prod/%2e%2e")).status).toBe(404);
    expect(await api.ask("HEAD", URL_OF_A)).toEqual(await api.ask("GET", URL_OF_A));
  });

  test("says in the 404 of an unknown job how to watch the job", async () => {
    const answer = json(await (await watched()).ask("GET", "/v1/jobs/prod/b"));
    expect(answer.detail).toContain("The project prod has no watch of the job b");
    expect(answer.detail).toContain("POST /v1/jobs starts a watch");
  });

  test("describes the form of a job ID in the 404 for a malformed path if the caller may use the project", async () => {
    const api = await watched();
    const own = await api.ask("GET", "/v1/jobs/prod/a%20b", { token: TOKENS.team });
    expect(own.status).toBe(404);
    expect(json(own).errors).toEqual([
      { parameter: "jobId", detail: expect.stringContaining("1 to 128 letters") },
    ]);
    const both = json(await api.ask("GET", "/v1/jobs/-/a%20b"));
    expect(both.errors.map(({ parameter }) => parameter)).toEqual(["project", "jobId"]);
    expect((await api.ask("GET", "/v1/jobs/secret/a%20b", { token: TOKENS.team })).status).toBe(404);
  });

  test("returns the same 404 for an existing and an unknown project, and reads nothing from the ledger", async () => {
    const api = await watched();
    api.calls.length = 0;
    const [real, none] = await Promise.all(
      ["secret", "absent"].map((project) => api.ask("GET", `/v1/jobs/${project}/a`, { token: TOKENS.team })),
    );
    expect(real?.status).toBe(404);
    expect(real?.body?.replaceAll("secret", "X")).toBe(none?.body?.replaceAll("absent", "X"));
    expect(api.calls).toEqual([]);
  });
});
