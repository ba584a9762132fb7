import { createHash } from "node:crypto";
import { redactWatchForCaller } from "../../../functions/api/own-or-newest-watch.ts";
import { JobList } from "../../../lib/api/list-and-health-documents.ts";
import { StatusDocument } from "../../../lib/api/status-document.ts";
import type { Rights } from "../../../lib/config/config.ts";
import fc from "../../support/properties.ts";
import { json } from "../http-answers.ts";
import { CONFIG, START } from "../http-config.ts";
import { createHarness, type Harness } from "../http-harness.ts";
import { KEY } from "../http-watched.ts";

const URL_OF_A = "/v1/jobs/prod/a";
const TARGETS = ["deploys", "audit", "ops"] as const;
const rights = (targets: readonly string[], operations: readonly string[] = ["*"]) => {
  return { projects: ["prod"], targets, operations };
};
const CALLERS = {
  first: rights(["deploys", "audit"]),
  second: rights(["deploys", "ops"]),
  reader: rights(["deploys"], ["read"]),
  operator: rights(["*"], ["stop"]),
};
type Name = keyof typeof CALLERS;

function create(): Harness {
  const tokens = Object.entries(CALLERS).map(([name, entry]) => {
    return [name, { ...entry, sha256: createHash("sha256").update(name).digest("hex") }];
  });
  return createHarness({ config: { ...CONFIG, tokens: Object.fromEntries(tokens) } });
}

const post = (api: Harness, token: Name, body: object) =>
  api.ask("POST", "/v1/jobs", { token, body: { jobId: "a", ...body } });
const keyOf = (caller: Name) => ({ ...KEY, caller: `token:${caller}` });

/** Posts the job for the first caller, and a second later for the second caller. */
async function createTwo(): Promise<Harness> {
  const api = create();
  await post(api, "first", {
    notify: ["deploys", "audit"],
    context: { actor: "anna" },
    deadlineMinutes: 0.001,
  });
  api.clock.now += 1000;
  await post(api, "second", { notify: ["deploys", "ops"], context: { actor: "ben" }, deadlineMinutes: 60 });
  return api;
}

async function deliver(api: Harness, target: string): Promise<void> {
  const key = { project: "prod", jobId: "a", generation: 0, event: "job.failed", target };
  const owner = { key, redelivery: 0, messageId: "n-1" };
  const now = api.clock.now;
  await api.ledger.claimNotification({ ...owner, now, leaseMs: 1000, expiresAt: now * 2 });
  const attempt = { at: now, verdict: "delivered", status: 200, durationMs: 1, reason: "ok" } as const;
  await api.ledger.recordAttemptIfClaimed({
    ...owner,
    state: "delivered",
    spent: true,
    attempt: { ...attempt, answer: `answer of ${target}` },
    nextAttemptAt: null,
  });
}

const readOf = (project: string, target: string): Rights => {
  return { projects: [project], targets: [target], operations: ["read"] };
};

/** Watches a job that discovery has found. */
async function watchDiscovered({ ledger }: Harness, targets: readonly string[]): Promise<void> {
  await ledger.startOrExtendWatch({
    project: "prod",
    jobId: "found",
    caller: "discover:prod",
    acceptedAt: START,
    deadlineAt: START + 1e6,
    nextPollAt: START,
    targets,
    context: {},
    callbacks: {},
    digestId: null,
    traceparent: null,
    expiresAt: START + 1e10,
  });
}

describe("POST /v1/jobs of several callers", () => {
  test("accepts one watch for each caller, each with its own deadline", async () => {
    const api = create();
    const first = json(await post(api, "first", { deadlineMinutes: 0.001 })).jobs[0];
    const second = json(await post(api, "second", { deadlineMinutes: 120 })).jobs[0];
    expect([first?.status, first?.deadlineAt]).toEqual(["accepted", "2026-11-23T09:00:00.060Z"]);
    expect([second?.status, second?.deadlineAt]).toEqual(["accepted", "2026-11-23T11:00:00.000Z"]);
  });

  test("says already_watching only of the caller's own watch, and answers the later of both deadlines", async () => {
    const api = create();
    for (const [deadlineMinutes, minutes] of [
      [60, 60],
      [30, 60],
      [90, 90],
    ] as const) {
      const [job] = json(await post(api, "first", { deadlineMinutes })).jobs;
      expect(job).toMatchObject({
        status: minutes === 60 && deadlineMinutes === 60 ? "accepted" : "already_watching",
        deadlineAt: new Date(START + minutes * 60_000).toISOString(),
      });
    }
    expect(json(await post(api, "second", {})).jobs[0]?.status).toBe("accepted");
  });

  test("gives the same callback URL of two callers two names", async () => {
    const api = create();
    const callbackUrl = "https://hooks.example.com/x";
    for (const caller of ["first", "second"] as const) await post(api, caller, { notify: [], callbackUrl });
    const [a, b] = await Promise.all(
      (["first", "second"] as const).map(
        async (caller) => (await api.ledger.readWatchDocumentOrNull(keyOf(caller)))?.watch,
      ),
    );
    expect(a?.targets).toHaveLength(1);
    expect(a?.targets).not.toEqual(b?.targets);
  });
});

describe("GET /v1/jobs/{project}/{jobId} of several callers", () => {
  test("shows each caller its own watch", async () => {
    const api = await createTwo();
    for (const [token, actor, targets] of [
      ["first", "anna", ["audit", "deploys"]],
      ["second", "ben", ["deploys", "ops"]],
    ] as const) {
      const status = StatusDocument.parse(json(await api.ask("GET", URL_OF_A, { token })));
      expect(status.context).toEqual({ actor });
      expect(status.deliveries.map(({ target }) => target)).toEqual(targets);
    }
  });

  test("shows a reader without a watch the newest watch, without what the reader may not use", async () => {
    const api = await createTwo();
    await api.ledger.endWatchUnlessTargetsAdded({
      key: keyOf("second"),
      acceptedAt: START + 1000,
      outcome: "failed",
      concludedAt: api.clock.now,
      targets: ["deploys", "ops"],
      polledAt: [],
      expiresAt: START + 1e10,
    });
    for (const target of ["deploys", "ops"]) await deliver(api, target);
    const status = StatusDocument.parse(json(await api.ask("GET", URL_OF_A, { token: "reader" })));
    expect(status).toMatchObject({ state: "failed", context: {}, deadlineAt: "2026-11-23T10:00:01.000Z" });
    expect(status.deliveries).toMatchObject([
      { target: "deploys", state: "delivered", history: [{ reason: "ok", answer: "" }] },
    ]);
    const own = StatusDocument.parse(json(await api.ask("GET", URL_OF_A, { token: "second" })));
    expect(own.deliveries).toMatchObject([
      { target: "deploys", history: [{ answer: "answer of deploys" }] },
      { target: "ops", history: [{ answer: "answer of ops" }] },
    ]);
  });

  test("hides a callback of another caller", async () => {
    const api = create();
    await post(api, "first", { notify: ["deploys"], callbackUrl: "https://hooks.example.com/x" });
    const own = StatusDocument.parse(json(await api.ask("GET", URL_OF_A, { token: "first" })));
    expect(own.deliveries.map(({ target }) => target)).toEqual([
      expect.stringMatching(/^callback:/),
      "deploys",
    ]);
    const other = await api.ask("GET", URL_OF_A, { token: "reader" });
    expect(other.body).not.toContain("callback:");
  });

  test("never contains the name of a target that the caller may not use", async () => {
    const subset = fc.subarray([...TARGETS]);
    const property = fc.asyncProperty(subset, subset, subset, async (firstNames, secondNames, readable) => {
      const all = rights(["*"]);
      const tokens = Object.entries({ first: all, second: all, reader: rights(readable, ["read"]) });
      const entries = tokens.map(([name, entry]) => {
        return [name, { ...entry, sha256: createHash("sha256").update(name).digest("hex") }];
      });
      const api = createHarness({ config: { ...CONFIG, tokens: Object.fromEntries(entries) } });
      await post(api, "first", { notify: firstNames, context: { actor: "hidden-actor" } });
      await post(api, "second", { notify: secondNames, context: { labels: { team: "hidden-label" } } });
      for (const url of [URL_OF_A, "/v1/jobs", "/v1/targets", "/v1/jobs/prod/unknown"]) {
        const { body = "" } = await api.ask("GET", url, { token: "reader" });
        const hidden = TARGETS.filter((target) => !readable.includes(target));
        for (const text of [...hidden, "hidden-actor", "hidden-label"]) expect(body).not.toContain(text);
      }
    });
    await fc.assert(property, { numRuns: 60 });
  });
});

describe("DELETE /v1/jobs/{project}/{jobId} of several callers", () => {
  const states = async (api: Harness) =>
    Promise.all(
      (["first", "second"] as const).map(
        async (caller) => (await api.ledger.readWatchDocumentOrNull(keyOf(caller)))?.watch.state,
      ),
    );

  test("stops only the caller's own watch", async () => {
    const api = await createTwo();
    expect(await api.ask("DELETE", URL_OF_A, { token: "second" })).toEqual({ status: 204 });
    expect(await states(api)).toEqual(["watching", "stopped"]);
  });

  test("returns 404 to a caller who never had a watch", async () => {
    const api = await createTwo();
    expect((await api.ask("DELETE", URL_OF_A, { token: "operator" })).status).toBe(404);
    expect(await states(api)).toEqual(["watching", "watching"]);
  });

  test("with ?all=true stops all watches of the job for a caller with the targets *", async () => {
    const api = await createTwo();
    const refused = await api.ask("DELETE", `${URL_OF_A}?all=true`, { token: "first" });
    expect([refused.status, json(refused).detail]).toEqual([403, expect.stringContaining("'stop'")]);
    expect((await api.ask("DELETE", `${URL_OF_A}?all=1`, { token: "operator" })).status).toBe(400);
    expect(await states(api)).toEqual(["watching", "watching"]);
    expect(await api.ask("DELETE", `${URL_OF_A}?all=true`, { token: "operator" })).toEqual({ status: 204 });
    expect(await states(api)).toEqual(["stopped", "stopped"]);
    expect(api.acts.map(({ act, owner, who }) => [act, owner, who])).toEqual([
      ["stop", keyOf("second").caller, "token:operator"],
      ["stop", keyOf("first").caller, "token:operator"],
    ]);
    const none = await api.ask("DELETE", "/v1/jobs/prod/unknown?all=true", { token: "operator" });
    expect(none.status).toBe(404);
  });
});

describe("GET /v1/jobs of several callers", () => {
  const list = async (api: Harness, token: Name, query = "") => {
    const { jobs, next } = JobList.parse(json(await api.ask("GET", `/v1/jobs${query}`, { token })));
    return { jobs: jobs.map(({ jobId, acceptedAt }) => [jobId, acceptedAt.slice(17, 19)]), next };
  };

  test("shows each job once: the caller's own watch, or the newest watch", async () => {
    const api = await createTwo();
    await api.ask("POST", "/v1/jobs", { token: "first", body: { jobId: "b" } });
    expect((await list(api, "first")).jobs).toEqual([
      ["b", "01"],
      ["a", "00"],
    ]);
    expect((await list(api, "second")).jobs.toSorted()).toEqual([
      ["a", "01"],
      ["b", "01"],
    ]);
    expect((await list(api, "reader")).jobs.toSorted()).toEqual([
      ["a", "01"],
      ["b", "01"],
    ]);
  });

  test("shows each job once on pages of one job", async () => {
    const api = await createTwo();
    api.clock.now += 1000;
    await api.ask("POST", "/v1/jobs", { token: "first", body: { jobId: "b" } });
    const found: unknown[] = [];
    for (let query = "?limit=1"; query !== ""; ) {
      const page = await list(api, "reader", query);
      found.push(...page.jobs);
      query = page.next === null ? "" : `?limit=1&before=${page.next}`;
    }
    expect(found).toEqual([
      ["b", "02"],
      ["a", "01"],
    ]);
  });

  test("does not name another caller in the page token", async () => {
    const api = await createTwo();
    const { next } = await list(api, "reader", "?limit=1");
    expect(Buffer.from(next ?? "", "base64url").toString()).toMatch(/^\[\d+,"a",\d+\]$/);
  });

  test("refuses a page token that names a caller", async () => {
    const api = await createTwo();
    const before = Buffer.from(JSON.stringify([START, "a", "token:first"])).toString("base64url");
    const answer = await api.ask("GET", `/v1/jobs?before=${before}`, { token: "reader" });
    expect([answer.status, json(answer).errors[0]?.parameter]).toEqual([400, "before"]);
  });

  test("continues between watches of several callers that the service accepted at the same time", async () => {
    const api = create();
    for (const caller of ["second", "first"] as const) await post(api, caller, { notify: [] });
    const found: unknown[] = [];
    for (let query = "?limit=1"; query !== ""; ) {
      const page = await list(api, "first", query);
      found.push(...page.jobs);
      query = page.next === null ? "" : `?limit=1&before=${page.next}`;
    }
    expect(found).toEqual([["a", "00"]]);
  });

  test("has no page link to the watch of another caller, because the page shows all its targets", async () => {
    const api = await createTwo();
    const linksOf = async (token: Name) =>
      JobList.parse(json(await api.ask("GET", "/v1/jobs", { token }))).jobs.map(({ pageUrl }) => pageUrl);
    expect(await linksOf("reader")).toEqual([null]);
    expect(await linksOf("first")).toEqual([expect.stringContaining("/jobs/prod/a?key=")]);
  });

  test.each([
    [["deploys"], expect.stringContaining("/jobs/prod/found?key=")],
    [["deploys", "ops"], null],
  ])(
    "has a page link to a discovered job with the targets %j if the caller may use them",
    async (targets, url) => {
      const api = create();
      await watchDiscovered(api, targets);
      const { jobs } = JobList.parse(json(await api.ask("GET", "/v1/jobs", { token: "reader" })));
      expect(jobs.map(({ pageUrl }) => pageUrl)).toEqual([url]);
    },
  );

  test("has no page link to a discovered job whose target the caller may use only in another project", async () => {
    const rights = [readOf("prod", "deploys"), readOf("secret", "ops")];
    const caller = { name: "oidc:https://ci.example.com:me", rights };
    const oidc = rights.map((rule) => {
      return { ...rule, issuer: "https://ci.example.com", audience: "us", claims: { sub: "me" } };
    });
    const identify = async () => ({ kind: "caller" as const, caller });
    for (const [target, url] of [
      ["deploys", expect.any(String)],
      ["ops", null],
    ] as const) {
      const api = createHarness({ config: { ...CONFIG, oidc }, identify });
      await watchDiscovered(api, [target]);
      const { jobs } = JobList.parse(json(await api.ask("GET", "/v1/jobs", { token: "eyJh.eyJp.c2ln" })));
      expect(jobs.map(({ pageUrl }) => pageUrl)).toEqual([url]);
    }
  });

  test("filters by the state of the watch that it shows", async () => {
    const api = await createTwo();
    await api.ask("DELETE", URL_OF_A, { token: "first" });
    expect((await list(api, "first", "?state=stopped")).jobs).toEqual([["a", "00"]]);
    expect((await list(api, "second", "?state=stopped")).jobs).toEqual([]);
    expect((await list(api, "reader", "?state=stopped")).jobs).toEqual([]);
    expect((await list(api, "reader", "?state=watching")).jobs).toEqual([["a", "01"]]);
  });
});

describe("the page link of a watch", () => {
  test("opens the watch of its caller only", async () => {
    const api = create();
    const pageOf = async (caller: Name, target: string) =>
      String(json(await post(api, caller, { notify: [target] })).jobs[0]?.pageUrl);
    const [first, second] = [await pageOf("first", "audit"), await pageOf("second", "ops")];
    const [a, b] = await Promise.all([first, second].map((url) => api.ask("GET", url, { token: null })));
    expect([a?.status, a?.body?.includes("audit"), a?.body?.includes("ops")]).toEqual([200, true, false]);
    expect([b?.status, b?.body?.includes("audit"), b?.body?.includes("ops")]).toEqual([200, false, true]);
  });
});

test("the watch of another caller contains only the targets that the reader may use", async () => {
  const api = await createTwo();
  const document = await api.ledger.readWatchDocumentOrNull(keyOf("second"));
  if (document === null) throw new Error("the watch is missing");
  const reader = { name: "token:reader", rights: [CALLERS.reader] as Rights[] };
  expect(redactWatchForCaller(document, reader).watch.targets).toEqual(["deploys"]);
  expect(redactWatchForCaller(document, { ...reader, rights: [] }).watch.targets).toEqual([]);
  const both = { ...reader, rights: [...reader.rights, readOf("secret", "ops")] };
  expect(redactWatchForCaller(document, both).deliveries.map(({ target }) => target)).toEqual(["deploys"]);
});
