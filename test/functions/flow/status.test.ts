import type { OUTCOMES } from "../../../lib/job.ts";
import { StatusDocument } from "../../../lib/status.ts";
import { CONFIG, createHarness, type Harness, json, messages, START, TOKENS } from "./http-harness.ts";

const KEY = { project: "prod", jobId: "a" };
const URL_OF_A = "/v1/jobs/prod/a";

async function watched(options?: Parameters<typeof createHarness>[0]): Promise<Harness> {
  const api = createHarness(options);
  await api.ask("POST", "/v1/jobs", { body: { jobId: "a", notify: ["deploys", "audit"] } });
  return api;
}

async function end(api: Harness, outcome: (typeof OUTCOMES)[number] = "failed"): Promise<void> {
  await api.ledger.claimLook({ key: KEY, look: 1, messageId: "m", now: api.clock.now, leaseMs: 1000 });
  await api.ledger.end({
    ...{ key: KEY, outcome, concludedAt: api.clock.now, targets: ["audit", "deploys"], lookedAt: [] },
    expiresAt: START + 1e10,
  });
}

describe("the status of a watch", () => {
  test("is the document, with a tag and when to ask again", async () => {
    const api = await watched();
    const answer = await api.ask("GET", URL_OF_A);
    expect(answer).toMatchObject({
      status: 200,
      headers: { "retry-after": "11", etag: expect.stringMatching(/^"/) },
    });
    const document = StatusDocument.parse(json(answer));
    expect(document).toMatchObject({
      ...{ project: "prod", jobId: "a", region: "eu-de", state: "watching", done: false, looks: 0 },
      ...{ acceptedAt: "2026-11-23T09:00:00.000Z", nextLookAt: "2026-11-23T09:00:10.000Z", job: null },
    });
    expect(document.deliveries.map(({ target, state }) => [target, state])).toEqual([
      ["audit", "pending"],
      ["deploys", "pending"],
    ]);
  });

  test("shows the tree as last seen, with what failed in it", async () => {
    const api = await watched();
    await api.ledger.claimLook({ key: KEY, look: 1, messageId: "m", now: START, leaseMs: 1000 });
    const leaf = {
      ...{ jobId: "b", type: "InstallMaster", phase: "Failed", state: "failed" as const, reason: "no quota" },
      ...{
        clusterId: null,
        resourceId: null,
        resourceName: "m-1",
        createdAt: START,
        updatedAt: null,
        subJobs: [],
      },
    };
    const tree = {
      ...leaf,
      jobId: "a",
      type: "CreateCluster",
      phase: "Running",
      state: "pending" as const,
      reason: null,
    };
    await api.ledger.recordLook({
      ...{
        key: KEY,
        look: 1,
        messageId: "m",
        at: START,
        nextLookAt: START + 5000,
        misses: 0,
        lookedAt: [START],
      },
      ...{
        phase: "Running",
        jobType: "CreateCluster",
        resourceName: "m",
        tree: { ...tree, subJobs: [leaf] },
      },
      trouble: { kind: "forbidden", since: START },
    });
    expect(StatusDocument.parse(json(await api.ask("GET", URL_OF_A)))).toMatchObject({
      type: "CreateCluster",
      failures: [{ path: ["CreateCluster", "InstallMaster"], jobId: "b", reason: "no quota" }],
      subJobs: { total: 1, succeeded: 0, failed: 1, pending: 0 },
      trouble: expect.stringContaining("since 2026-11-23T09:00:00.000Z"),
      job: { jobId: "a", subJobs: [{ jobId: "b", createdAt: "2026-11-23T09:00:00.000Z" }] },
    });
  });

  test("once over, leaves out targets that did not ask for the outcome, and needs no other visit", async () => {
    const api = await watched();
    await end(api, "succeeded");
    const answer = await api.ask("GET", URL_OF_A);
    expect(answer.headers).not.toHaveProperty("retry-after");
    expect(json(answer)).toMatchObject({ state: "succeeded", done: true, deliveries: [{ target: "audit" }] });
  });

  test("is not sent again to who has it", async () => {
    const api = await watched();
    const etag = (await api.ask("GET", URL_OF_A)).headers?.etag ?? "";
    const headers = { "if-none-match": `"other", W/${etag}` };
    const again = await api.ask("GET", URL_OF_A, { headers });
    expect(again).toMatchObject({ status: 304, headers: { etag } });
    expect(again).not.toHaveProperty("body");
    await end(api);
    expect((await api.ask("GET", URL_OF_A, { headers })).status).toBe(200);
  });

  test("of a job nobody watches is a 404, and HEAD has no body", async () => {
    const api = await watched();
    expect((await api.ask("GET", "/v1/jobs/prod/b")).status).toBe(404);
    expect((await api.ask("GET", "/v1/jobs/prod/%2e%2e")).status).toBe(404);
    const head = await api.ask("HEAD", URL_OF_A);
    expect(head.status).toBe(200);
    expect(head).not.toHaveProperty("body");
  });

  test("of a project that is not the caller's is the same whether it exists or not, and nothing is read", async () => {
    const api = await watched();
    api.calls.length = 0;
    const [real, none] = await Promise.all(
      ["secret", "absent"].map((project) => api.ask("GET", `/v1/jobs/${project}/a`, { token: TOKENS.team })),
    );
    expect(real?.status).toBe(403);
    expect(real?.body?.replaceAll("secret", "X")).toBe(none?.body?.replaceAll("absent", "X"));
    expect(api.calls).toEqual([]);
  });
});

describe("a held call", () => {
  test("answers at the first read after the end", async () => {
    const api = await watched();
    api.onWait = async () => {
      if (api.waits.length === 3) await end(api);
    };
    const answer = await api.ask("GET", `${URL_OF_A}?wait=25`);
    expect(json(answer).state).toBe("failed");
    expect(api.waits).toEqual([1000, 1000, 1000]);
  });

  test("answers as it stands when the time asked is over", async () => {
    const api = await watched();
    const answer = await api.ask("GET", `${URL_OF_A}?wait=3`);
    expect(json(answer).state).toBe("watching");
    expect(api.clock.now - START).toBe(3000);
  });

  test("is held no longer than the invocation lasts", async () => {
    const api = await watched({ remainingMs: 4500 });
    await api.ask("GET", `${URL_OF_A}?wait=25`);
    expect(api.clock.now - START).toBe(2500);
  });

  test("for a job nobody watches is answered at once", async () => {
    const api = createHarness();
    expect((await api.ask("GET", `${URL_OF_A}?wait=25`)).status).toBe(404);
    expect(api.waits).toEqual([]);
  });

  test.each(["0", "26", "1.5", "x", "", "1&wait=2"])("refuses to wait for '%s'", async (wait) => {
    const api = await watched();
    const answer = await api.ask("GET", `${URL_OF_A}?wait=${wait}`);
    expect(answer.status).toBe(400);
    expect(json(answer).errors).toEqual([expect.objectContaining({ parameter: "wait" })]);
  });
});

describe("stopping", () => {
  test("ends the watch, twice is once, and the job can be handed over again", async () => {
    const api = await watched();
    for (let i = 0; i < 2; i += 1) expect(await api.ask("DELETE", URL_OF_A)).toEqual({ status: 204 });
    expect(json(await api.ask("GET", URL_OF_A)).state).toBe("stopped");
    const again = await api.ask("POST", "/v1/jobs", { body: { jobId: "a" } });
    expect(json(again).jobs[0]?.status).toBe("accepted");
  });

  test("what nobody watches is a 404, and another's project a 403", async () => {
    const api = await watched();
    expect((await api.ask("DELETE", "/v1/jobs/prod/b")).status).toBe(404);
    expect((await api.ask("DELETE", "/v1/jobs/secret/a", { token: TOKENS.team })).status).toBe(403);
  });
});

describe("redelivery", () => {
  const again = (api: Harness, body?: unknown, token = TOKENS.all) =>
    api.ask("POST", `${URL_OF_A}/redeliver`, { ...(body === undefined ? {} : { body }), token });

  test("sends the outcome again to all it was meant for, each time under a new number", async () => {
    const api = await watched();
    await end(api, "succeeded");
    expect((await again(api)).status).toBe(202);
    const second = await again(api);
    expect(json(second)).toEqual({ ...KEY, targets: [{ target: "audit", redelivery: 2 }] });
    expect(messages(api.notifyQueue).map(({ target, redelivery }) => [target, redelivery])).toEqual([
      ["audit", 1],
      ["audit", 2],
    ]);
  });

  test("tells a target that is named whatever its filter says", async () => {
    const api = await watched();
    await end(api, "succeeded");
    const answer = await again(api, { targets: ["deploys", "deploys"] }, TOKENS.team);
    expect(json(answer).targets).toEqual([{ target: "deploys", redelivery: 1 }]);
  });

  test("of a watch that has no outcome yet is a conflict", async () => {
    const api = await watched();
    expect((await again(api)).status).toBe(409);
    await api.ask("DELETE", URL_OF_A);
    expect((await again(api)).status).toBe(409);
  });

  test.each([
    ["a target of another watch", { targets: ["ops"] }, TOKENS.all, 422, "#/targets/0"],
    ["a target that is not the caller's", { targets: ["deploys", "audit"] }, TOKENS.team, 403, "#/targets/1"],
    ["an unknown field", { target: "audit" }, TOKENS.all, 422, "#/target"],
  ])("to %s is refused by its place", async (_, body, token, status, pointer) => {
    const api = await watched();
    await end(api);
    const answer = await again(api, body, token);
    expect(answer.status).toBe(status);
    expect(json(answer).errors).toEqual([expect.objectContaining({ pointer })]);
    expect(api.notifyQueue.state.sent).toBe(0);
  });

  test("that could not be sent is a 503", async () => {
    const api = await watched({
      notifyQueue: {
        send: async (sent) => sent.map(({ id }) => ({ id, kind: "failed", reason: "Timeout" })),
      },
    });
    await end(api);
    expect((await again(api)).status).toBe(503);
  });
});

describe("testing a target", () => {
  const tryOut = (api: Harness, name: string, token = TOKENS.all) =>
    api.ask("POST", `/v1/targets/${name}/test`, { token });

  test("makes one attempt and tells what it came to", async () => {
    const api = createHarness();
    const answer = await tryOut(api, "deploys", TOKENS.team);
    expect(json(answer)).toEqual({ target: "deploys", verdict: "delivered", status: 200, reason: "ok" });
    expect(api.attempts).toMatchObject([
      {
        target: { kind: "slack" },
        message: { payload: { text: "test of deploys" } },
        webhookId: "msg_test_uuid-1",
      },
    ]);
  });

  test("that succeeds switches on a target that was gone; one that fails does not", async () => {
    const api = createHarness();
    await api.ledger.switchOff("audit", START);
    api.attempted = { verdict: "gone", status: 410, reason: "target_gone" };
    expect(json(await tryOut(api, "audit"))).toMatchObject({ verdict: "gone", status: 410 });
    expect((await api.ledger.readTarget("audit")).offSince).toBe(START);
    api.attempted = {};
    await tryOut(api, "audit");
    expect((await api.ledger.readTarget("audit")).offSince).toBeNull();
  });

  test("that does not exist or is not the caller's sends nothing", async () => {
    const api = createHarness({ config: CONFIG });
    expect((await tryOut(api, "absent")).status).toBe(404);
    expect((await tryOut(api, "constructor")).status).toBe(404);
    expect((await tryOut(api, "audit", TOKENS.team)).status).toBe(403);
    expect(api.attempts).toEqual([]);
  });
});
