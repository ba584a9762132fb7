import { CONFIG, createHarness, json, messages, START, TOKENS } from "./http-harness.ts";

const JOB = "1e50bfbe-5b9e-11ef-8f52-0255ac10003e";

describe("a job handed over", () => {
  test("is watched, and its first look is sent before the answer", async () => {
    const api = createHarness();
    const answer = await api.ask("POST", "/v1/jobs", { body: { jobId: JOB } });
    expect(answer.status).toBe(202);
    const [job] = json(answer).jobs;
    expect(job).toEqual({
      project: "prod",
      jobId: JOB,
      status: "accepted",
      statusUrl: `https://notifier.example.com/v1/jobs/prod/${JOB}`,
      pageUrl: expect.stringMatching(new RegExp(`^https://notifier.example.com/jobs/prod/${JOB}\\?key=`)),
    });
    expect(answer.headers?.location).toBe(job?.statusUrl);
    expect(messages(api.pollQueue)).toEqual([
      {
        ...{ v: 1, kind: "look", project: "prod", jobId: JOB, look: 1, delaySeconds: 10 },
        deadlineAt: START + 120 * 60_000,
      },
    ]);
    const document = await api.ledger.read({ project: "prod", jobId: JOB });
    expect(document?.watch).toMatchObject({ targets: ["audit", "deploys"], nextLookAt: START + 10_000 });
  });

  test("carries its deadline, context and targets", async () => {
    const api = createHarness();
    const context = { actor: "kim", labels: { env: "prod" } };
    await api.ask("POST", "/v1/jobs", {
      body: { jobId: JOB, project: "secret", notify: ["ops", "audit", "ops"], deadlineMinutes: 5, context },
    });
    const document = await api.ledger.read({ project: "secret", jobId: JOB });
    expect(document?.watch).toMatchObject({ targets: ["audit", "ops"], deadlineAt: START + 300_000 });
    expect(document?.context).toEqual(context);
  });

  test("asked for again is already watched, and its lost look is sent again until it has been looked at", async () => {
    const api = createHarness();
    await api.ask("POST", "/v1/jobs", { body: { jobId: JOB } });
    const again = await api.ask("POST", "/v1/jobs", { body: { jobId: JOB } });
    expect(again.status).toBe(202);
    expect(json(again).jobs[0]?.status).toBe("already_watching");
    expect(messages(api.pollQueue).map(({ look }) => look)).toEqual([1, 1]);

    const key = { project: "prod", jobId: JOB };
    await api.ledger.claimLook({ key, look: 1, messageId: "m", now: START, leaseMs: 1000 });
    await api.ask("POST", "/v1/jobs", { body: { jobId: JOB } });
    expect(messages(api.pollQueue)).toHaveLength(2);
  });

  test("comes as the untouched reply of a create call, with the rest in the query", async () => {
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
    const document = await api.ledger.read({ project: "prod", jobId: JOB });
    expect(document).toMatchObject({ watch: { targets: ["audit", "ops"] }, context: { actor: "kim" } });
  });

  test("defaults only to targets that the caller may use", async () => {
    const api = createHarness();
    await api.ask("POST", "/v1/jobs", { body: { jobId: JOB }, token: TOKENS.team });
    expect((await api.ledger.read({ project: "prod", jobId: JOB }))?.watch.targets).toEqual(["deploys"]);
  });
});

describe("a batch", () => {
  const hundred = Array.from({ length: 100 }, (_, i) => `job-${i}`);

  test("is answered in the order asked, each bad ID by itself, each repeated ID opened once", async () => {
    const api = createHarness();
    const answer = await api.ask("POST", "/v1/jobs", { body: { jobIds: ["b", "../a", "a", "b"] } });
    expect(answer.status).toBe(202);
    expect(answer.headers?.location).toBeUndefined();
    expect(json(answer).jobs.map(({ jobId, status }) => [jobId, status])).toEqual([
      ["b", "accepted"],
      ["../a", "rejected"],
      ["a", "accepted"],
      ["b", "accepted"],
    ]);
    expect(json(answer).jobs[1]).toMatchObject({ statusUrl: null, error: { status: 422 } });
    expect(messages(api.pollQueue)).toHaveLength(2);
  });

  test("of 100 jobs costs one request to the ledger for each and one send", async () => {
    const api = createHarness();
    await api.ask("POST", "/v1/jobs", { body: { jobIds: hundred } });
    expect(api.calls.filter((call) => call.startsWith("ledger."))).toEqual(hundred.map(() => "ledger.open"));
    expect(api.calls.filter((call) => call.endsWith("Queue.send"))).toEqual(["pollQueue.send"]);
  });

  test("of which nothing is acceptable is a problem that names every job", async () => {
    const api = createHarness();
    const answer = await api.ask("POST", "/v1/jobs", { body: { jobIds: ["", "a b"] } });
    expect(answer.status).toBe(422);
    expect(json(answer).errors).toEqual([
      { pointer: "#/jobIds/0", detail: expect.stringContaining("must be 1 to 128") },
      { pointer: "#/jobIds/1", detail: expect.stringContaining("must be 1 to 128") },
    ]);
    expect(api.pollQueue.state.sent).toBe(0);
  });

  test("with a digest tells the chats together: members, chat targets, and the ID on each new watch", async () => {
    const api = createHarness();
    await api.ask("POST", "/v1/jobs", { body: { jobId: "known" } });
    await api.ask("POST", "/v1/jobs", {
      body: { jobIds: ["a", "known", "b"], digest: true, notify: ["ops", "audit", "deploys"] },
    });
    expect(await api.ledger.readDigest("uuid-1")).toEqual({
      members: [
        { project: "prod", jobId: "a" },
        { project: "prod", jobId: "b" },
      ],
      targets: ["deploys", "ops"],
    });
    expect((await api.ledger.read({ project: "prod", jobId: "a" }))?.watch.digestId).toBe("uuid-1");
    expect((await api.ledger.read({ project: "prod", jobId: "known" }))?.watch.digestId).toBeNull();
  });

  test.each([
    ["one job", { jobIds: ["a", "a"], digest: true }],
    ["no chat to tell", { jobIds: ["a", "b"], digest: true, notify: ["audit"] }],
  ])("makes no digest of %s", async (_, body) => {
    const api = createHarness();
    await api.ask("POST", "/v1/jobs", { body });
    expect(api.calls).not.toContain("ledger.openDigest");
  });
});

describe("what cannot be stored or sent", () => {
  test("is that job's answer, and the others go on", async () => {
    const api = createHarness({
      ledger: (ledger) => ({
        open: (watch) => (watch.jobId === "a" ? Promise.reject(new Error("throttled")) : ledger.open(watch)),
      }),
    });
    const answer = await api.ask("POST", "/v1/jobs", { body: { jobIds: ["a", "b"] } });
    expect(answer.status).toBe(202);
    expect(json(answer).jobs).toMatchObject([
      { status: "rejected", error: { status: 503 } },
      { status: "accepted" },
    ]);
    expect(api.failures).toEqual(["open"]);
    expect(JSON.stringify(json(answer))).not.toContain("throttled");
  });

  test("at all is a 503 that says when to ask again", async () => {
    const api = createHarness({
      pollQueue: { send: async (sent) => sent.map(({ id }) => ({ id, kind: "failed", reason: "Timeout" })) },
    });
    const answer = await api.ask("POST", "/v1/jobs", { body: { jobId: JOB } });
    expect(answer).toMatchObject({ status: 503, headers: { "retry-after": "5" } });
  });

  test("as a digest leaves the jobs untaken, so that asking again sends their looks", async () => {
    const api = createHarness({ ledger: () => ({ openDigest: () => Promise.reject(new Error("no")) }) });
    const body = { jobIds: ["a", "b"], digest: true };
    expect((await api.ask("POST", "/v1/jobs", { body })).status).toBe(503);
    expect(api.pollQueue.state.sent).toBe(0);
    expect((await api.ask("POST", "/v1/jobs", { body })).status).toBe(202);
    expect(api.pollQueue.state.sent).toBe(2);
  });
});

describe("a job that has ended already", () => {
  async function concluded() {
    const api = createHarness();
    await api.ask("POST", "/v1/jobs", { body: { jobId: JOB, notify: ["audit"] } });
    const key = { project: "prod", jobId: JOB };
    await api.ledger.claimLook({ key, look: 1, messageId: "m", now: START, leaseMs: 1000 });
    await api.ledger.end({
      ...{ key, outcome: "succeeded", concludedAt: START, targets: ["audit"], lookedAt: [START] },
      expiresAt: START + 1e9,
    });
    return api;
  }

  test("is told at once to targets that join, unless they do not ask for this outcome", async () => {
    const api = await concluded();
    const body = { jobId: JOB, notify: ["audit", "ops", "deploys"] };
    const answer = await api.ask("POST", "/v1/jobs", { body });
    expect(json(answer).jobs[0]?.status).toBe("already_watching");
    expect(messages(api.notifyQueue)).toEqual([
      {
        ...{ v: 1, kind: "notice", project: "prod", jobId: JOB, target: "ops", outcome: "succeeded" },
        ...{ redelivery: 0, delaySeconds: 0 },
      },
    ]);
    expect(api.pollQueue.state.sent).toBe(1);
  });

  test("is put before the sweep first, for the case that its notices are lost", async () => {
    const api = await concluded();
    api.calls.length = 0;
    await api.ask("POST", "/v1/jobs", { body: { jobId: JOB, notify: ["ops"] } });
    expect(api.calls).toEqual(["ledger.open", "ledger.revisit", "notifyQueue.send"]);
  });
});

describe("a callback of the caller's own", () => {
  const body = { jobId: JOB, notify: [], callbackUrl: "https://hooks.example.com/cce?secret=7" };

  test("is kept sealed, under a name that gives nothing away", async () => {
    const api = createHarness();
    expect((await api.ask("POST", "/v1/jobs", { body })).status).toBe(202);
    const document = await api.ledger.read({ project: "prod", jobId: JOB });
    const [target] = document?.watch.targets ?? [];
    expect(target).toMatch(/^callback:[0-9a-f]{16}$/);
    expect(JSON.stringify(api.ledger.state)).not.toContain("secret=7");
  });

  test.each([
    ["no linkKey", { linkKey: undefined }, "settings.linkKey"],
    ["no hosts", { callbackHosts: [] }, "settings.callbackHosts"],
    ["another host", { callbackHosts: ["other.example.com"] }, "settings.callbackHosts"],
  ])("is refused with %s, and the fault says so without the URL", async (_, settings, word) => {
    const api = createHarness({ config: { ...CONFIG, settings: { ...CONFIG.settings, ...settings } } });
    const answer = await api.ask("POST", "/v1/jobs", { body });
    expect(answer.status).toBe(422);
    expect(json(answer).errors).toEqual([
      { pointer: "#/callbackUrl", detail: expect.stringContaining(word) },
    ]);
    expect(answer.body).not.toContain("secret=7");
  });

  test("is refused over plain http", async () => {
    const api = createHarness();
    const callbackUrl = "http://hooks.example.com/cce";
    const answer = await api.ask("POST", "/v1/jobs", { body: { ...body, callbackUrl } });
    expect(answer.status).toBe(422);
  });
});
