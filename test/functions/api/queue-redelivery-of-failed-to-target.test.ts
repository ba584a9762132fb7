import { createHash } from "node:crypto";
import { createPageTokenOfMissedRedelivery } from "../../../lib/api/redelivery-request.ts";
import type { Verdict } from "../../../lib/domain/job.ts";
import { createPendingDeliveryRecord } from "../../../lib/ledger/notification.ts";
import type { WatchDocument } from "../../../lib/ledger/watch.ts";
import { SLOW } from "../../lib/ledger/samples.ts";
import { json, messages } from "../http-answers.ts";
import { CONFIG, TOKENS } from "../http-config.ts";
import { createHarness, type Harness } from "../http-harness.ts";

const SINCE = "2026-11-23T09:10:00.000Z";
const SINCE_MS = Date.parse(SINCE);

const missed = (api: Harness, body: object = { since: SINCE }, token = TOKENS.all, query = "") =>
  api.ask("POST", `/v1/targets/deploys/redeliver${query}`, { body, token });
const queued = (api: Harness) => messages(api.notifyQueue).map(({ jobId, target }) => [jobId, target]);

/** Watches a job that ends a minute after `SINCE` at the earliest, with a notification in the given state. */
async function watchEnded(
  api: Harness,
  jobId: string,
  state: "exhausted" | "gone" | "rejected" | "delivered" | "pending",
  { project = "prod", endedAt = SINCE_MS + 60_000, token = TOKENS.all, caller = "token:all" } = {},
): Promise<void> {
  const acceptedAt = api.clock.now;
  await api.ask("POST", "/v1/jobs", { body: { jobId, project, notify: ["deploys"] }, token });
  api.clock.now = endedAt;
  await api.ledger.endWatchUnlessTargetsAdded({
    key: { project, jobId, caller },
    acceptedAt,
    outcome: "failed",
    concludedAt: endedAt,
    targets: ["deploys"],
    polledAt: [],
    expiresAt: endedAt * 2,
  });
  const key = { project, jobId, generation: 0, event: "job.failed", target: "deploys" };
  const owner = { key, redelivery: 0, messageId: "n" };
  const claim = { ...owner, now: endedAt, leaseMs: 1000, expiresAt: endedAt * 2 };
  if ((await api.ledger.claimNotification(claim)).kind !== "claimed") return;
  const verdict: Verdict = state === "exhausted" || state === "pending" ? "retry" : state;
  const attempt = { at: endedAt, verdict, status: 503, durationMs: 1, reason: "server_error", answer: "" };
  await api.ledger.recordAttemptIfClaimed({
    ...owner,
    state,
    spent: true,
    attempt,
    nextAttemptAt: state === "pending" ? endedAt + 5000 : null,
  });
}

/** Records that the target refused the notification of a watch at the given time. */
async function recordRefusal(
  api: Harness,
  notification: { jobId: string; event: string; target: string; generation?: number },
  at: number,
): Promise<void> {
  const key = { project: "prod", generation: 0, ...notification };
  const owner = { key, redelivery: 0, messageId: "n" };
  await api.ledger.claimNotification({ ...owner, now: at, leaseMs: 1, expiresAt: at * 2 });
  const attempt = {
    at,
    verdict: "rejected",
    status: 400,
    durationMs: 1,
    reason: "refused",
    answer: "",
  } as const;
  await api.ledger.recordAttemptIfClaimed({
    ...owner,
    state: "rejected",
    spent: true,
    nextAttemptAt: null,
    attempt,
  });
}

/** Accepts watches without targets at the given times, so that other watches are on another page of the list. */
async function acceptOthers(api: Harness, times: readonly number[]): Promise<void> {
  for (const [i, acceptedAt] of times.entries())
    await api.ledger.startOrExtendWatch({
      project: "prod",
      jobId: `other-${i}`,
      caller: "token:all",
      acceptedAt,
      deadlineAt: SINCE_MS * 2,
      nextPollAt: SINCE_MS * 2,
      targets: [],
      context: {},
      callbacks: {},
      digestId: null,
      traceparent: null,
      expiresAt: SINCE_MS * 2,
    });
}

const countCalls = (api: Harness, name: string) => api.calls.filter((call) => call === name).length;

describe("POST /v1/targets/{name}/redeliver", () => {
  test("covers a job that was accepted up to seven days earlier, and reads no older page", async () => {
    const week = 7 * 24 * 3_600_000;
    for (const [acceptedAt, jobs, reads] of [
      [SINCE_MS - week, [{ jobId: "long", status: "missed" }], 3],
      [SINCE_MS - week - 1, [], 2],
    ] as const) {
      const api = createHarness();
      api.clock.now = acceptedAt;
      await watchEnded(api, "long", "exhausted");
      await acceptOthers(api, [SINCE_MS, SINCE_MS, ...Array<number>(98).fill(acceptedAt)]);
      api.calls.length = 0;
      expect(json(await missed(api, { since: SINCE, dryRun: true }))).toMatchObject({ jobs, next: null });
      // One of the reads is for the project without watches.
      expect(countCalls(api, "ledger.listRecentWatches")).toBe(reads);
    }
  });

  test("reads at most five pages, and continues at the sixth page", async () => {
    const tokens: (string | null)[] = [];
    const api = createHarness({
      ledger: (memory) => ({
        listRecentWatches: async (project, { before, limit }) => {
          tokens.push(before);
          const { watches, next } = await memory.listRecentWatches(project, { limit: limit / 100, before });
          return { watches, next };
        },
      }),
    });
    await watchEnded(api, "a", "exhausted");
    await acceptOthers(
      api,
      [1, 2, 3, 4, 5].map((i) => SINCE_MS + i),
    );
    const page = json(await missed(api, { since: SINCE, dryRun: true }));
    expect(page).toMatchObject({ jobs: [], next: expect.any(String) });
    expect([tokens.length, tokens[0]]).toEqual([5, null]);
    const rest = await missed(api, { since: SINCE, dryRun: true }, TOKENS.all, `?before=${page.next}`);
    expect(json(rest)).toMatchObject({ jobs: [{ jobId: "a" }] });
  });

  test("does not continue in a project for which the caller lost the right", async () => {
    const api = createHarness();
    await watchEnded(api, "b", "exhausted", { project: "secret" });
    const before = createPageTokenOfMissedRedelivery({ project: "secret", before: null });
    const answer = await missed(api, { since: SINCE, dryRun: true }, TOKENS.team, `?before=${before}`);
    expect(json(answer)).toEqual({ jobs: [], next: null });
    expect(json(await missed(api, { since: SINCE }, TOKENS.all, `?before=${before}`)).jobs).toHaveLength(1);
  });

  test("covers each project, in whatever order the config names the projects", async () => {
    const { prod, secret } = CONFIG.projects;
    const api = createHarness({ config: { ...CONFIG, projects: { secret, prod } } });
    await watchEnded(api, "a", "exhausted");
    await watchEnded(api, "b", "exhausted", { project: "secret" });
    expect(json(await missed(api)).jobs).toMatchObject([{ project: "prod" }, { project: "secret" }]);
  });

  test("needs no other right than 'redeliver'", async () => {
    const own = { sha256: createHash("sha256").update("redeliverer").digest("hex") };
    const redeliverer = { ...own, projects: ["prod"], targets: ["deploys"], operations: ["redeliver"] };
    const config = { ...CONFIG, tokens: { ...CONFIG.tokens, redeliverer } };
    const api = createHarness({ config });
    await watchEnded(api, "a", "exhausted");
    expect(json(await missed(api, { since: SINCE }, "redeliverer")).jobs).toMatchObject([{ jobId: "a" }]);
  });

  test("covers two watches of a job whose outcomes differ, because each outcome has its own notification", async () => {
    const api = createHarness();
    await watchEnded(api, "a", "exhausted");
    const team = { project: "prod", jobId: "a", caller: "token:team" };
    const acceptedAt = api.clock.now;
    await api.ask("POST", "/v1/jobs", { body: { jobId: "a", notify: ["deploys"] }, token: TOKENS.team });
    const ending = { key: team, acceptedAt, concludedAt: acceptedAt, targets: ["deploys"], polledAt: [] };
    await api.ledger.endWatchUnlessTargetsAdded({ ...ending, outcome: "lost", expiresAt: acceptedAt * 2 });
    await recordRefusal(api, { jobId: "a", event: "job.lost", target: "deploys" }, acceptedAt);
    expect(json(await missed(api)).jobs).toHaveLength(2);
    expect(
      messages(api.notifyQueue)
        .map(({ outcome }) => outcome)
        .sort(),
    ).toEqual(["failed", "lost"]);
  });

  test("covers only the notifications to the target of the request", async () => {
    const api = createHarness();
    const times = { acceptedAt: api.clock.now, concludedAt: SINCE_MS, expiresAt: SINCE_MS * 2 };
    await api.ask("POST", "/v1/jobs", { body: { jobId: "both", notify: ["audit", "deploys"] } });
    await api.ask("POST", "/v1/jobs", { body: { jobId: "other", notify: ["audit"] } });
    await api.ask("POST", "/v1/jobs", { body: { jobId: "running", notify: ["deploys"] } });
    for (const [jobId, targets] of [
      ["both", ["audit", "deploys"]],
      ["other", ["audit"]],
    ] as const)
      await api.ledger.endWatchUnlessTargetsAdded({
        ...times,
        key: { project: "prod", jobId, caller: "token:all" },
        outcome: "failed",
        targets,
        polledAt: [],
      });
    const fail = (event: string, target: string) =>
      recordRefusal(api, { jobId: "both", event, target }, SINCE_MS);
    const slow = { ...SLOW, targets: ["audit"], generations: {} };
    const watch = { project: "prod", jobId: "both", caller: "token:all", generation: 0 };
    await api.ledger.getOrCreateSlowRecord(watch, slow, SINCE_MS * 2);
    await fail("job.slow", "audit");
    await fail("job.failed", "audit");
    api.calls.length = 0;
    expect(json(await missed(api)).jobs).toEqual([]);
    expect([countCalls(api, "ledger.readWatchDocumentOrNull"), countCalls(api, "ledger.readDigest")]).toEqual(
      [1, 0],
    );
    await fail("job.failed", "deploys");
    expect(json(await missed(api)).jobs).toMatchObject([{ jobId: "both", status: "queued" }]);
    expect(messages(api.notifyQueue)).toMatchObject([{ target: "deploys", outcome: "failed" }]);
  });

  test("keeps the watch for the retention time after the request", async () => {
    const day = 86_400_000;
    const kept: number[] = [];
    const api = createHarness({
      ledger: (memory) => ({
        startRedeliveryIfLatestIs: (key, after, expiresAt) => {
          kept.push(expiresAt);
          return memory.startRedeliveryIfLatestIs(key, after, expiresAt);
        },
      }),
    });
    await watchEnded(api, "a", "exhausted");
    api.clock.now += 10 * day;
    expect(json(await missed(api)).jobs).toHaveLength(1);
    expect(kept).toEqual([api.clock.now + 30 * day]);
  });

  test("logs the request if at least one notification was queued", async () => {
    let sends = 0;
    const api = createHarness({
      notifyQueue: {
        send: async (sent) => {
          sends += 1;
          return sent.map(({ id }) =>
            sends > 1 ? { id, kind: "sent" } : { id, kind: "failed", reason: "x" },
          );
        },
      },
    });
    for (const jobId of ["a", "b"]) await watchEnded(api, jobId, "exhausted");
    expect(
      json(await missed(api))
        .jobs.map(({ status }) => status)
        .sort(),
    ).toEqual(["queued", "skipped"]);
    expect(api.acts).toMatchObject([{ act: "redeliver" }]);
  });

  test("queues each notification that finally failed, once", async () => {
    const api = createHarness();
    for (const state of ["exhausted", "gone", "rejected", "delivered", "pending"] as const)
      await watchEnded(api, state, state);
    const answer = await missed(api);
    expect(answer.status).toBe(202);
    const { jobs, next } = json(answer) as unknown as { jobs: object[]; next: string | null };
    expect(next).toBeNull();
    expect(jobs).toHaveLength(3);
    expect(jobs).toEqual(
      expect.arrayContaining(
        ["exhausted", "gone", "rejected"].map((jobId) => ({ project: "prod", jobId, status: "queued" })),
      ),
    );
    expect(api.acts).toMatchObject([
      { act: "redeliver", who: "token:all", from: "192.0.2.1", targets: ["deploys"] },
    ]);
    expect(api.logged).toHaveLength(3);
    expect(api.logged).toContainEqual([
      "redeliver",
      { project: "prod", jobId: "gone", caller: "token:all", traceparent: null },
      ["deploys"],
    ]);
    expect(queued(api).sort()).toEqual([
      ["exhausted", "deploys"],
      ["gone", "deploys"],
      ["rejected", "deploys"],
    ]);
    expect(json(await missed(api))).toEqual({ jobs: [], next: null });
    expect(api.notifyQueue.state.sent).toBe(3);
  });

  test("queues a failed notification of a slow job, although the outcome was delivered", async () => {
    const api = createHarness();
    await watchEnded(api, "a", "delivered");
    const watch = { project: "prod", jobId: "a", caller: "token:all", generation: 0 };
    const record = { ...SLOW, targets: ["deploys"], generations: { deploys: 3 } };
    await api.ledger.getOrCreateSlowRecord(watch, record, api.clock.now * 2);
    expect(json(await missed(api))).toEqual({ jobs: [], next: null });
    const generation = 3;
    await recordRefusal(api, { jobId: "a", event: "job.slow", target: "deploys", generation }, api.clock.now);
    expect(json(await missed(api)).jobs).toEqual([{ project: "prod", jobId: "a", status: "queued" }]);
    expect(messages(api.notifyQueue)).toMatchObject([{ outcome: "slow", generation: 3, redelivery: 1 }]);
    const status = await api.ask("GET", "/v1/jobs/prod/a");
    expect(json(status).deliveries).toMatchObject([
      { target: "deploys", event: "job.failed", state: "delivered", reason: "server_error" },
      { target: "deploys", event: "job.slow", state: "pending", reason: "refused" },
    ]);
  });

  test("only lists the jobs in a dry run", async () => {
    const api = createHarness();
    await watchEnded(api, "a", "exhausted");
    const jobs = [{ project: "prod", jobId: "a", status: "missed" }];
    expect(json(await missed(api, { since: SINCE, dryRun: true })).jobs).toEqual(jobs);
    expect(api.notifyQueue.state.sent).toBe(0);
    expect([api.acts, api.logged]).toEqual([[], []]);
  });

  test("covers a watch that was accepted before the time, and no watch that ended before the time", async () => {
    const api = createHarness();
    await watchEnded(api, "before", "exhausted", { endedAt: SINCE_MS - 1 });
    api.clock.now = SINCE_MS - 300_000;
    await watchEnded(api, "across", "exhausted", { endedAt: SINCE_MS });
    expect(json(await missed(api, { since: "2026-11-23T10:10:00+01:00" })).jobs).toMatchObject([
      { jobId: "across" },
    ]);
  });

  test("covers only the projects for which the caller has the right", async () => {
    const api = createHarness();
    await watchEnded(api, "a", "exhausted");
    await watchEnded(api, "b", "exhausted", { project: "secret" });
    expect(json(await missed(api, { since: SINCE, dryRun: true }, TOKENS.team)).jobs).toMatchObject([
      { project: "prod", jobId: "a" },
    ]);
    expect(json(await missed(api)).jobs).toMatchObject([{ project: "prod" }, { project: "secret" }]);
  });

  test("queues a notification once that the watches of two callers share", async () => {
    const api = createHarness();
    await watchEnded(api, "a", "exhausted");
    await watchEnded(api, "a", "exhausted", { token: TOKENS.team, caller: "token:team" });
    expect(json(await missed(api, { since: SINCE, dryRun: true })).jobs).toHaveLength(1);
    expect(json(await missed(api)).jobs).toHaveLength(1);
    expect(api.notifyQueue.state.sent).toBe(1);
  });

  test("skips every job if the target is switched off, and says why", async () => {
    const api = createHarness();
    await watchEnded(api, "a", "gone");
    await api.ledger.switchTargetOff("deploys", api.clock.now);
    const jobs = [{ project: "prod", jobId: "a", status: "skipped", reason: "target_off" }];
    expect(json(await missed(api)).jobs).toEqual(jobs);
    expect(api.notifyQueue.state.sent).toBe(0);
    await api.ledger.switchTargetOn("deploys");
    expect(json(await missed(api)).jobs).toMatchObject([{ status: "queued" }]);
  });

  test("skips a job whose message the queue does not confirm, and the sweep finds the notification", async () => {
    const api = createHarness({
      notifyQueue: {
        send: async (sent) => sent.map(({ id }) => ({ id, kind: "failed", reason: "Timeout" })),
      },
    });
    await watchEnded(api, "a", "exhausted");
    expect(json(await missed(api)).jobs).toMatchObject([{ status: "skipped", reason: "not_queued" }]);
    expect(await api.ledger.listOverdueWatches(api.clock.now * 2, 10)).toMatchObject([{ jobId: "a" }]);
  });

  test("reads a limited number of watches, and continues with `before`", async () => {
    const api = createHarness();
    for (let i = 0; i < 230; i += 1)
      await watchEnded(api, `job-${i}`, "exhausted", { endedAt: SINCE_MS + i * 1000 });
    const found: string[] = [];
    let query = "";
    for (let calls = 0; calls < 5; calls += 1) {
      const page = json(await missed(api, { since: SINCE }, TOKENS.all, query)) as unknown as {
        jobs: { jobId: string }[];
        next: string | null;
      };
      expect(page.jobs.length).toBeLessThanOrEqual(100);
      found.push(...page.jobs.map(({ jobId }) => jobId));
      if (page.next === null) break;
      query = `?before=${page.next}`;
    }
    expect(new Set(found).size).toBe(230);
    expect(found).toHaveLength(230);
    expect(api.notifyQueue.state.sent).toBe(230);
  });

  test.each([
    ["no body", "", undefined, 400],
    ["no time", "", {}, 422],
    ["a time without a zone", "", { since: "2026-11-23T09:10:00" }, 422],
    ["an unknown field", "", { since: SINCE, targets: ["ops"] }, 422],
    ["an unknown parameter", "?since=now", { since: SINCE }, 400],
    ["a page token of another call", "?before=abc", { since: SINCE }, 400],
  ])("rejects %s", async (_, query, body, status) => {
    const api = createHarness();
    const answer = await api.ask("POST", `/v1/targets/deploys/redeliver${query}`, { body });
    expect(answer.status).toBe(status);
  });

  describe("for a target that got a digest", () => {
    /** Returns the result for a job whose digest message to the target has the state. */
    async function missedOfDigest(state: "rejected" | "delivered", digest: object = {}, redelivery = 0) {
      const api = createHarness();
      await watchEnded(api, "a", "delivered");
      const members = [{ project: "prod", jobId: "a", generation: 0 }];
      const stored = { caller: "token:all", members, targets: ["deploys"], running: [], ...digest };
      const harness = createHarness({
        ledger: (memory) => ({
          ...api.ledger,
          readWatchDocumentOrNull: async (key) => {
            const document = await api.ledger.readWatchDocumentOrNull(key);
            const deliveries = document?.deliveries.map((delivery) => ({ ...delivery, redelivery })) ?? [];
            return document && { ...document, deliveries, watch: { ...document.watch, digestId: "d-1" } };
          },
          readDigest: async () => stored,
          readDeliveryOrPendingRecord: async (key) =>
            key.project === ":digest"
              ? { ...createPendingDeliveryRecord(key.target), state }
              : memory.readDeliveryOrPendingRecord(key),
        }),
      });
      return json(await missed(harness, { since: SINCE, dryRun: true })).jobs;
    }

    test("covers the job if the digest has finally failed", async () => {
      expect(await missedOfDigest("rejected")).toMatchObject([{ jobId: "a", status: "missed" }]);
      expect(await missedOfDigest("delivered")).toEqual([]);
    });

    test("uses the notification about the job alone if this notification was already sent again", async () => {
      expect(await missedOfDigest("rejected", {}, 1)).toEqual([]);
    });

    test("uses the notification about the job alone if the digest is not for this target", async () => {
      expect(await missedOfDigest("rejected", { targets: ["ops"] })).toEqual([]);
    });
  });

  test("stops before the next page if less than ten seconds remain", async () => {
    const pageOf = async (remainingMs: number) => {
      const api = createHarness({ remainingMs });
      for (let i = 0; i < 101; i += 1)
        await watchEnded(api, `job-${i}`, i === 0 || i === 100 ? "exhausted" : "delivered");
      return json(await missed(api, { since: SINCE, dryRun: true }));
    };
    const both = [{ jobId: "job-100" }, { jobId: "job-0" }];
    expect(await pageOf(10_000)).toMatchObject({ jobs: both, next: null });
    expect(await pageOf(9_999)).toMatchObject({ jobs: [{ jobId: "job-100" }], next: expect.any(String) });
  });

  test("rejects a page token whose position the ledger did not return", async () => {
    const api = createHarness();
    const before = createPageTokenOfMissedRedelivery({ project: "prod", before: "made-up" });
    const answer = await missed(api, { since: SINCE }, TOKENS.all, `?before=${before}`);
    expect(answer.status).toBe(400);
    expect(json(answer).errors).toEqual([{ parameter: "before", detail: expect.any(String) }]);
  });

  test("names a malformed target and a missing right by the parameter", async () => {
    const reader = { sha256: createHash("sha256").update("reader").digest("hex") };
    const tokens = { reader: { ...reader, projects: ["*"], targets: ["*"], operations: ["read"] } };
    const api = createHarness({ config: { ...CONFIG, tokens } });
    const ask = (name: string) =>
      api.ask("POST", `/v1/targets/${name}/redeliver`, { body: { since: SINCE }, token: "reader" });
    const malformed = await ask("a%20b");
    expect([malformed.status, json(malformed).errors]).toEqual([
      404,
      [{ parameter: "name", detail: expect.stringContaining("1 to 64 letters") }],
    ]);
    const refused = await ask("deploys");
    expect([refused.status, json(refused).errors]).toEqual([
      403,
      [{ parameter: "name", detail: expect.stringMatching(/'redeliver' for the target 'deploys'/) }],
    ]);
    expect(json(refused).detail).toContain("'redeliver'");
    expect(json(await ask("absent")).detail).toContain("'redeliver'");
  });

  test.each([
    ["was deleted", async () => null],
    [
      "runs again",
      async (document: WatchDocument | null) =>
        document && { ...document, watch: { ...document.watch, state: "watching" as const } },
    ],
    [
      "was stopped",
      async (document: WatchDocument | null) =>
        document && { ...document, watch: { ...document.watch, state: "stopped" as const } },
    ],
  ])("omits a listed watch that %s meanwhile", async (_, change) => {
    const api = createHarness({
      ledger: (memory) => ({
        readWatchDocumentOrNull: async (key) => change(await memory.readWatchDocumentOrNull(key)),
      }),
    });
    await watchEnded(api, "a", "exhausted");
    expect(json(await missed(api))).toEqual({ jobs: [], next: null });
    expect(api.notifyQueue.state.sent).toBe(0);
  });

  test("returns 404 for a target that does not exist or that the caller may not use", async () => {
    const api = createHarness();
    const ask = (name: string, token: string) =>
      api.ask("POST", `/v1/targets/${name}/redeliver`, { body: { since: SINCE }, token });
    const [absent, refused] = [await ask("absent", TOKENS.all), await ask("audit", TOKENS.team)];
    expect([absent.status, refused.status]).toEqual([404, 404]);
    expect(json(absent).detail).toContain("The target absent does not exist");
    expect(json(refused).detail).toContain("The target audit does not exist");
  });
});

test("two simultaneous calls of POST /v1/targets/{name}/redeliver queue a notification once", async () => {
  const api = createHarness();
  await watchEnded(api, "a", "exhausted");
  const answers = (await Promise.all([missed(api), missed(api)])).map((answer) => json(answer).jobs);
  expect(answers.flat()).toEqual([{ project: "prod", jobId: "a", status: "queued" }]);
  expect(queued(api)).toEqual([["a", "deploys"]]);
});
