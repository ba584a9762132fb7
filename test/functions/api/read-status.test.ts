import { StatusDocument } from "../../../lib/api/status-document.ts";
import { ACCESS_ERROR_TEXTS } from "../../../lib/domain/job.ts";
import { bucketOfDuration, daysSince1970 } from "../../../lib/schedule/duration-counts.ts";
import { SLOW } from "../../lib/ledger/samples.ts";
import { json } from "../http-answers.ts";
import { CONFIG, START, TOKENS } from "../http-config.ts";
import { createHarness, type Harness } from "../http-harness.ts";
import {
  end,
  KEY,
  RUNNING,
  recordRunningJob,
  recordWaitingForReady,
  URL_OF_A,
  watched,
} from "../http-watched.ts";

/** Records a poll that CCE did not answer. */
const recordFailedPoll = (api: Harness): Promise<void> =>
  recordRunningJob(api, {
    consecutiveFailures: 1,
    phase: null,
    jobType: null,
    resourceName: null,
    lastPollError: { since: START, text: "CCE cannot be reached (ENOTFOUND)" },
  });

describe("GET /v1/jobs/{project}/{jobId}", () => {
  test("returns how long the job is expected to take, within a minute after a job of its type has ended", async () => {
    const api = await watched();
    await recordRunningJob(api);
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

  test("computes the expected duration from the time at which CCE created the job, and only while the job runs", async () => {
    const api = await watched();
    const ended = { project: "prod", jobType: "CreateCluster", bucket: bucketOfDuration(300) };
    await api.ledger.addDuration({ ...ended, day: daysSince1970(START), expiresAt: START * 2 });
    await recordRunningJob(api, { tree: { ...RUNNING, createdAt: START - 100_000 } });
    const read = async () => StatusDocument.parse(json(await api.ask("GET", URL_OF_A)));
    const remaining = (await read()).expected?.remainingSeconds ?? 0;
    expect(Math.abs(remaining - 200)).toBeLessThan(4);
    await recordWaitingForReady(api, KEY, 2);
    expect(await read()).not.toHaveProperty("expected");
  });

  test("reads the learned durations at most once a minute", async () => {
    const api = await watched();
    await recordRunningJob(api);
    api.calls.length = 0;
    const reads = async (ms: number) => {
      api.clock.now = START + ms;
      await api.ask("GET", URL_OF_A);
      return api.calls.filter((call) => call === "ledger.readDurationCounts").length;
    };
    expect([await reads(0), await reads(59_999), await reads(60_000)]).toEqual([1, 1, 2]);
  });

  test("names a refused access before another error of the latest polls", async () => {
    const api = await watched();
    await recordRunningJob(api, {
      accessError: { kind: "unauthorized", since: START },
      lastPollError: { since: START + 1000, text: "CCE cannot be reached (ENOTFOUND)" },
    });
    const { lastPollError } = json(await api.ask("GET", URL_OF_A));
    expect(lastPollError).toBe(`${ACCESS_ERROR_TEXTS.unauthorized}, since 2026-11-23T09:00:00.000Z`);
  });

  test("shows what a job waits for until its resource is ready, and no longer", async () => {
    const api = await watched();
    const read = async () => StatusDocument.parse(json(await api.ask("GET", URL_OF_A)));
    expect(await read()).not.toHaveProperty("ready");
    await recordWaitingForReady(api);
    const pending = { state: "pending", reason: "Unavailable", message: "no master answers" };
    expect(await read()).toMatchObject({ state: "watching", done: false, ready: pending });
    await api.ask("DELETE", URL_OF_A);
    expect(await read()).not.toHaveProperty("ready");
  });

  test("shows the phase, the type and the resource of the latest poll, and no warning", async () => {
    const api = await watched();
    await recordRunningJob(api);
    const observed = { phase: "Running", type: "CreateCluster", resourceName: "m" };
    expect(json(await api.ask("GET", URL_OF_A))).toMatchObject({
      ...observed,
      warnings: [],
      createdAt: null,
    });
    const other = await watched();
    const tree = { ...RUNNING, clusterId: "c-1", resourceId: "r-1", reason: "slow", updatedAt: START + 1000 };
    await recordRunningJob(other, { phase: null, jobType: null, resourceName: null, tree });
    expect(json(await other.ask("GET", URL_OF_A))).toMatchObject({
      ...observed,
      clusterId: "c-1",
      resourceId: "r-1",
      reason: "slow",
      warnings: [],
      createdAt: "2026-11-23T09:00:00.000Z",
      updatedAt: "2026-11-23T09:00:01.000Z",
    });
  });

  test("shows a watch whose project or target is no longer in the config", async () => {
    const api = await watched();
    await end(api, "failed");
    const { ledger } = api;
    const { audit: _, ...targets } = CONFIG.targets;
    const settings = { ...CONFIG.settings, defaultProject: "secret", defaultTargets: ["deploys"] };
    const config = { ...CONFIG, projects: { secret: CONFIG.projects.secret }, targets, settings };
    const tokens = { all: CONFIG.tokens.all };
    const later = createHarness({ config: { ...config, tokens }, ledger: () => ledger });
    const document = StatusDocument.parse(json(await later.ask("GET", URL_OF_A)));
    expect(document).toMatchObject({ state: "failed", region: null });
    expect(document.deliveries.map(({ target }) => target)).toEqual(["audit", "deploys"]);
  });

  test("shows no delivery of a stopped watch that was never tried", async () => {
    const api = createHarness();
    const callbackUrl = "https://hooks.example.com/done";
    await api.ask("POST", "/v1/jobs", { body: { jobId: "a", notify: ["audit"], callbackUrl } });
    expect(json(await api.ask("GET", URL_OF_A)).deliveries).toHaveLength(2);
    await api.ask("DELETE", URL_OF_A);
    expect(json(await api.ask("GET", URL_OF_A))).toMatchObject({ state: "stopped", deliveries: [] });
  });

  test("shows the notification about a slow job only for targets that subscribe to it", async () => {
    const { deploys, audit } = CONFIG.targets;
    const targets = {
      ...CONFIG.targets,
      deploys: { ...deploys, on: ["slow"] },
      audit: { ...audit, on: ["lost"] },
    };
    const api = await watched({ config: { ...CONFIG, targets } });
    const generation = { ...KEY, generation: 0 };
    const slow = { ...SLOW, targets: ["audit", "deploys"], generations: {} };
    await api.ledger.getOrCreateSlowRecord(generation, slow, START * 2);
    const events = async () =>
      StatusDocument.parse(json(await api.ask("GET", URL_OF_A))).deliveries.map(
        ({ target, event }) => `${target} ${event}`,
      );
    expect(await events()).toEqual(["audit null", "deploys null", "deploys job.slow"]);
    await end(api, "lost");
    expect(await events()).toEqual(["audit job.lost", "deploys job.slow"]);
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

  test("shows the latest attempt of a delivery as the last one, and all attempts in order", async () => {
    const api = await watched();
    await end(api);
    const owner = {
      key: { project: "prod", jobId: "a", generation: 0, event: "job.failed", target: "deploys" },
      redelivery: 0,
      messageId: "n-1",
    } as const;
    const attempts = [
      { at: START + 1000, status: 503, reason: "server_error", verdict: "retry", state: "pending" },
      { at: START + 2000, status: 200, reason: "ok", verdict: "delivered", state: "delivered" },
    ] as const;
    for (const { state, ...attempt } of attempts) {
      const { at: now } = attempt;
      await api.ledger.claimNotification({ ...owner, now, leaseMs: 1, expiresAt: now * 2 });
      await api.ledger.recordAttemptIfClaimed({
        ...owner,
        state,
        spent: true,
        attempt: { ...attempt, durationMs: 1, answer: "" },
        nextAttemptAt: null,
      });
    }
    const { deliveries } = StatusDocument.parse(json(await api.ask("GET", URL_OF_A)));
    expect(deliveries.find(({ target }) => target === "deploys")).toMatchObject({
      state: "delivered",
      attempts: 2,
      reason: "ok",
      lastReason: "ok",
      lastStatus: 200,
      at: new Date(START + 2000).toISOString(),
      history: [
        { status: 503, reason: "server_error", at: new Date(START + 1000).toISOString() },
        { status: 200, reason: "ok" },
      ],
    });
  });

  test("shows the tree of the latest poll, with its failures", async () => {
    const api = await watched();
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
    const accessError = { kind: "forbidden", since: START } as const;
    await recordRunningJob(api, { tree: { ...tree, subJobs: [leaf] }, accessError });
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
    await recordFailedPoll(api);
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
    await recordFailedPoll(api);
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
