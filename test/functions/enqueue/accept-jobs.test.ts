import { json, messages } from "../http-answers.ts";
import { START, TOKENS } from "../http-config.ts";
import { createHarness } from "../http-harness.ts";

const JOB = "1e50bfbe-5b9e-11ef-8f52-0255ac10003e";

describe("a submitted job", () => {
  test("is watched, and its first poll is sent before the response", async () => {
    const api = createHarness();
    const answer = await api.ask("POST", "/v1/jobs", { body: { jobId: JOB } });
    expect(answer.status).toBe(202);
    const [job] = json(answer).jobs;
    expect(job).toEqual({
      project: "prod",
      jobId: JOB,
      status: "accepted",
      deadlineAt: "2026-11-23T11:00:00.000Z",
      statusUrl: `https://notifier.example.com/v1/jobs/prod/${JOB}`,
      pageUrl: expect.stringMatching(new RegExp(`^https://notifier.example.com/jobs/prod/${JOB}\\?key=`)),
    });
    expect(answer.headers?.location).toBe(job?.statusUrl);
    expect(messages(api.pollQueue)).toEqual([
      {
        v: 1,
        kind: "poll",
        project: "prod",
        jobId: JOB,
        caller: "token:all",
        poll: 1,
        delaySeconds: 10,
        deadlineAt: START + 120 * 60_000,
      },
    ]);
    const document = await api.ledger.readWatchDocumentOrNull({
      project: "prod",
      jobId: JOB,
      caller: "token:all",
    });
    expect(document?.watch).toMatchObject({ targets: ["audit", "deploys"], nextPollAt: START + 10_000 });
  });

  test("gets the trace context of the request, and not the one of a later request", async () => {
    const api = createHarness();
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const other = "00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    for (const header of [traceparent, other])
      await api.ask("POST", "/v1/jobs", { body: { jobId: JOB }, headers: { traceparent: header } });
    expect(messages(api.pollQueue)).toMatchObject([{ traceparent }, { traceparent }]);
    const document = await api.ledger.readWatchDocumentOrNull({
      project: "prod",
      jobId: JOB,
      caller: "token:all",
    });
    expect(document?.watch.traceparent).toBe(traceparent);
  });

  test("is accepted without a trace context if the header traceparent is invalid", async () => {
    const api = createHarness();
    const headers = { traceparent: "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01" };
    const answer = await api.ask("POST", "/v1/jobs", { body: { jobId: JOB }, headers });
    expect(answer.status).toBe(202);
    expect(messages(api.pollQueue)[0]).not.toHaveProperty("traceparent");
  });

  test("is stored with its deadline, context and targets", async () => {
    const api = createHarness();
    const context = { actor: "kim", labels: { env: "prod" } };
    await api.ask("POST", "/v1/jobs", {
      body: { jobId: JOB, project: "secret", notify: ["ops", "audit", "ops"], deadlineMinutes: 5, context },
    });
    const document = await api.ledger.readWatchDocumentOrNull({
      project: "secret",
      jobId: JOB,
      caller: "token:all",
    });
    expect(document?.watch).toMatchObject({ targets: ["audit", "ops"], deadlineAt: START + 300_000 });
    expect(document?.context).toEqual(context);
  });

  test("that is submitted again is already watched, and its first poll is sent again until a poll was claimed", async () => {
    const api = createHarness();
    await api.ask("POST", "/v1/jobs", { body: { jobId: JOB } });
    const again = await api.ask("POST", "/v1/jobs", { body: { jobId: JOB } });
    expect(again.status).toBe(202);
    expect(json(again).jobs[0]?.status).toBe("already_watching");
    expect(messages(api.pollQueue).map(({ poll }) => poll)).toEqual([1, 1]);

    const key = { project: "prod", jobId: JOB, caller: "token:all" };
    await api.ledger.claimPoll({ key, poll: 1, messageId: "m", now: START, leaseMs: 1000 });
    await api.ask("POST", "/v1/jobs", { body: { jobId: JOB } });
    expect(messages(api.pollQueue)).toHaveLength(2);
  });

  test("that is submitted again keeps the later of the two deadlines", async () => {
    const api = createHarness();
    for (const deadlineMinutes of [60, 5, 90]) {
      const answer = await api.ask("POST", "/v1/jobs", { body: { jobId: JOB, deadlineMinutes } });
      const minutes = Math.max(60, deadlineMinutes);
      expect(json(answer).jobs[0]?.deadlineAt).toBe(new Date(START + minutes * 60_000).toISOString());
    }
  });

  test("that is submitted again with a callback notifies the callback only after its end", async () => {
    const api = createHarness();
    await api.ask("POST", "/v1/jobs", { body: { jobId: JOB } });
    api.calls.length = 0;
    const body = { jobId: JOB, callbackUrl: "https://hooks.example.com/cce" };
    expect((await api.ask("POST", "/v1/jobs", { body })).status).toBe(202);
    expect(messages(api.notifyQueue)).toEqual([]);
    expect(api.calls).not.toContain("ledger.scheduleSweepByAndExtendExpiry");
  });

  test("that is submitted again after a stop is accepted, and its first poll is sent again until a poll was claimed", async () => {
    const api = createHarness();
    const key = { project: "prod", jobId: JOB, caller: "token:all" };
    await api.ask("POST", "/v1/jobs", { body: { jobId: JOB } });
    await api.ledger.claimPoll({ key, poll: 1, messageId: "m", now: START, leaseMs: 1000 });
    await api.ask("DELETE", `/v1/jobs/prod/${JOB}`);
    for (const status of ["accepted", "already_watching"]) {
      const again = await api.ask("POST", "/v1/jobs", { body: { jobId: JOB } });
      expect(json(again).jobs[0]?.status).toBe(status);
    }
    expect(messages(api.pollQueue).map(({ poll }) => poll)).toEqual([1, 2, 2]);
    const status = await api.ask("GET", `/v1/jobs/prod/${JOB}`);
    expect(JSON.parse(status.body ?? "")).toMatchObject({ state: "watching", polls: 0 });
  });

  test("that is submitted again while the rate limit postpones its poll gets no second poll", async () => {
    const api = createHarness();
    const key = { project: "prod", jobId: JOB, caller: "token:all" };
    await api.ask("POST", "/v1/jobs", { body: { jobId: JOB } });
    await api.ledger.claimPoll({ key, poll: 1, messageId: "m", now: START, leaseMs: 1000 });
    await api.ledger.recordPoll({
      key,
      poll: 1,
      messageId: "m",
      nextPollAt: START + 600_000,
      rateLimited: true,
      consecutiveFailures: 0,
      phase: null,
      jobType: null,
      resourceName: null,
      accessError: null,
      lastPollError: null,
      polledAt: [],
      tree: null,
    });
    await api.ask("POST", "/v1/jobs", { body: { jobId: JOB } });
    expect(messages(api.pollQueue).map(({ poll }) => poll)).toEqual([1]);
  });

  test("is stored with a time limit for readiness that DynamoDB accepts", async () => {
    const api = createHarness();
    const body = { jobId: JOB, until: "ready", readyMinutes: 4e-218 };
    expect(await api.ask("POST", "/v1/jobs", { body })).toMatchObject({ status: 202 });
    const document = await api.ledger.readWatchDocumentOrNull({
      project: "prod",
      jobId: JOB,
      caller: "token:all",
    });
    expect(document?.watch.readyMinutes).toBeGreaterThan(1e-5);
  });

  test("has its first poll at the deadline or earlier", async () => {
    const api = createHarness();
    await api.ask("POST", "/v1/jobs", { body: { jobId: JOB, deadlineMinutes: 0.1 } });
    expect(messages(api.pollQueue)).toMatchObject([{ poll: 1, delaySeconds: 6, deadlineAt: START + 6000 }]);
  });

  test("can be the unchanged reply of a create call, with the other fields in the query", async () => {
    const api = createHarness();
    const answer = await api.ask(
      "POST",
      "/v1/jobs?from=cce&project=prod&notify=ops,audit&actor=kim&deadlineMinutes=10",
      {
        body: { kind: "Cluster", status: { jobID: JOB } },
        headers: { "content-type": "application/json;charset=utf8" },
      },
    );
    expect(json(answer).jobs[0]).toMatchObject({ jobId: JOB, status: "accepted" });
    const document = await api.ledger.readWatchDocumentOrNull({
      project: "prod",
      jobId: JOB,
      caller: "token:all",
    });
    expect(document).toMatchObject({ watch: { targets: ["audit", "ops"] }, context: { actor: "kim" } });
  });

  test("without 'notify' notifies only the default targets that the caller may use", async () => {
    const api = createHarness();
    await api.ask("POST", "/v1/jobs", { body: { jobId: JOB }, token: TOKENS.team });
    expect(
      (await api.ledger.readWatchDocumentOrNull({ project: "prod", jobId: JOB, caller: "token:team" }))?.watch
        .targets,
    ).toEqual(["deploys"]);
  });
});
