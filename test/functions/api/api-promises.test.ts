import { createCachedHealthResponder } from "../../../functions/api/health.ts";
import { createSignedJobListUrlOrNull, createSignedJobPageUrlOrNull } from "../../../lib/auth/link-keys.ts";
import { attempt } from "../../lib/ledger/samples.ts";
import { json, messages } from "../http-answers.ts";
import { CONFIG, LINKS, START, TOKENS } from "../http-config.ts";
import { createHarness } from "../http-harness.ts";
import { end, KEY, URL_OF_A, watched } from "../http-watched.ts";

test.each([URL_OF_A, "/v1/jobs?project=prod", "/v1/targets", "/v1/projects"])(
  "a cache stores the response to GET %s for the same token only, and asks again before each use",
  async (url) => {
    const headers = {
      "cache-control": "private, no-cache",
      vary: "authorization",
      "x-content-type-options": "nosniff",
    };
    const answer = await (await watched()).ask("GET", url);
    expect(answer.headers).toMatchObject({ ...headers, "content-type": "application/json; charset=utf-8" });
  },
);

test("a response without a body has the cache headers of the response with the body", async () => {
  const api = await watched();
  const { "content-type": _, ...headers } = (await api.ask("GET", URL_OF_A)).headers ?? {};
  const etag = headers.etag ?? "";
  expect(await api.ask("GET", URL_OF_A, { headers: { "if-none-match": etag } })).toEqual({
    status: 304,
    headers,
  });
  expect(headers).toMatchObject({ vary: "authorization", "cache-control": "private, no-cache" });
});

test("a delivery changes the ETag of a status, so a caller that has the old status gets the new one", async () => {
  const api = await watched();
  await end(api, "failed");
  const etag = (await api.ask("GET", URL_OF_A)).headers?.etag ?? "";
  const headers = { "if-none-match": etag };
  expect((await api.ask("GET", URL_OF_A, { headers })).status).toBe(304);
  const key = { project: "prod", jobId: "a", generation: 0, event: "job.failed", target: "audit" };
  const owner = { key, redelivery: 0, messageId: "n" };
  await api.ledger.claimNotification({ ...owner, now: START, leaseMs: 1000, expiresAt: START * 2 });
  await api.ledger.recordAttemptIfClaimed({
    ...owner,
    state: "delivered",
    spent: true,
    attempt: attempt({ verdict: "delivered" }),
    nextAttemptAt: null,
  });
  expect((await api.ask("GET", URL_OF_A, { headers })).status).toBe(200);
});

test("a status shows a redelivery to a target whose `on` excludes the outcome", async () => {
  const api = await watched();
  await end(api, "succeeded");
  const targets = async () =>
    (json(await api.ask("GET", URL_OF_A)).deliveries as { target: string }[]).map(({ target }) => target);
  expect(await targets()).toEqual(["audit"]);
  const key = { project: "prod", jobId: "a", generation: 0, event: "job.succeeded", target: "deploys" };
  await api.ledger.startRedeliveryIfLatestIs(key, 0, START * 2);
  const owner = { key, redelivery: 1, messageId: "n" };
  await api.ledger.claimNotification({ ...owner, now: START, leaseMs: 1000, expiresAt: START * 2 });
  await api.ledger.recordAttemptIfClaimed({
    ...owner,
    state: "delivered",
    spent: true,
    attempt: attempt(),
    nextAttemptAt: null,
  });
  expect(await targets()).toEqual(["audit", "deploys"]);
});

test("DELETE of an ended watch leaves the digest of the watch unchanged", async () => {
  const api = await watched();
  await api.ask("POST", "/v1/jobs", { body: { jobIds: ["b", "c"], digest: true, notify: ["ops"] } });
  await end(api, "failed", ["ops"], { ...KEY, jobId: "b" });
  const before = await api.ledger.readDigest("uuid-1");
  expect((await api.ask("DELETE", "/v1/jobs/prod/b")).status).toBe(204);
  expect(await api.ledger.readDigest("uuid-1")).toEqual(before);
  expect(messages(api.notifyQueue)).toEqual([]);
});

test("a redelivery includes the callback of the caller's own watch, whatever targets the token may use", async () => {
  const api = await watched();
  const callbackUrl = "https://hooks.example.com/done";
  const body = { jobId: "d", notify: ["deploys"], callbackUrl };
  await api.ask("POST", "/v1/jobs", { body, token: TOKENS.team });
  const key = { project: "prod", jobId: "d", caller: "token:team" };
  const watch = (await api.ledger.readWatchDocumentOrNull(key))?.watch;
  await end(api, "succeeded", watch?.targets, key);
  const answer = await api.ask("POST", "/v1/jobs/prod/d/redeliver", { token: TOKENS.team });
  expect(json(answer).targets).toEqual([{ target: expect.stringMatching(/^callback:/), status: "queued" }]);
});

test("a redelivery of a restarted watch is sent as one of its own generation", async () => {
  const api = await watched();
  await end(api, "timed_out");
  await api.ask("DELETE", URL_OF_A);
  api.clock.now += 1000;
  await api.ask("POST", "/v1/jobs", { body: { jobId: "a", notify: ["audit"] } });
  await api.ledger.claimPoll({ key: KEY, poll: 2, messageId: "m", now: api.clock.now, leaseMs: 1000 });
  await api.ledger.endWatchUnlessTargetsAdded({
    key: KEY,
    acceptedAt: api.clock.now,
    outcome: "failed",
    concludedAt: api.clock.now,
    targets: (await api.ledger.readWatchDocumentOrNull(KEY))?.watch.targets ?? [],
    polledAt: [],
    expiresAt: START * 2,
  });
  api.notifyQueue.purge();
  expect((await api.ask("POST", `${URL_OF_A}/redeliver`, { body: { targets: ["audit"] } })).status).toBe(202);
  expect(messages(api.notifyQueue)).toMatchObject([{ watchGeneration: 1, generation: 1, redelivery: 1 }]);
});

test.each(["config", "ledger", "queue"] as const)(
  "the health response is 503 if only the %s fails",
  async (failing) => {
    const well = { config: async () => 1, ledger: async () => 1, queue: async () => 1 };
    const check = createCachedHealthResponder({
      checks: { ...well, [failing]: () => Promise.reject(new Error("down")) },
      now: () => 0,
      wait: () => new Promise<void>(() => undefined),
      onUnreachable: () => undefined,
    });
    expect(await check()).toMatchObject({ status: 503, headers: { "cache-control": "no-store" } });
  },
);

describe("a project or a target that the operator added a moment ago", () => {
  const { secret: _, ...projects } = CONFIG.projects;
  const { ops: __, ...targets } = CONFIG.targets;
  const watch = { project: "secret", jobId: "a", caller: "token:all" };
  const since = "2026-11-23T08:00:00Z";

  test.each([
    ["the list of jobs", "GET", "/v1/jobs?project=secret", undefined, 200],
    ["the page of the list", "GET", createSignedJobListUrlOrNull(LINKS, "secret", START), undefined, 200],
    ["the page of a job", "GET", createSignedJobPageUrlOrNull(LINKS, watch, START), undefined, 200],
    ["the test of a target", "POST", "/v1/targets/ops/test", undefined, 200],
    ["the redelivery to a target", "POST", "/v1/targets/ops/redeliver", { since }, 202],
  ])("is known to %s", async (_, method, url, body, status) => {
    const api = createHarness({ config: { ...CONFIG, projects, targets }, refreshedConfig: CONFIG });
    await api.ask("POST", "/v1/jobs", { body: { jobId: "a", project: "secret", notify: ["ops"] } });
    expect((await api.ask(method, url ?? "", { body })).status).toBe(status);
  });
});

test.each([
  ["the list of jobs", "GET", "/v1/jobs", undefined],
  ["the page of the list", "GET", createSignedJobListUrlOrNull(LINKS, "prod", START), undefined],
  ["a redelivery", "POST", "/v1/targets/ops/redeliver", { since: "2026-11-23T08:00:00Z" }],
])("an error of the ledger during %s is no error of the request", async (_, method, url, body) => {
  const listRecentWatches = () => Promise.reject(new Error("the ledger is down"));
  const api = createHarness({ ledger: () => ({ listRecentWatches }) });
  await expect(api.ask(method, url ?? "", { body })).rejects.toThrow("the ledger is down");
});

test.each(["/v1/targets", "/v1/projects"])(
  "the response to GET %s is sorted by name and depends on the token for a cache",
  async (url) => {
    const [project, target] = [CONFIG.projects.secret, CONFIG.targets.ops];
    const projects = { ...CONFIG.projects, zeta: project, alpha: project, middle: project };
    const targets = { ...CONFIG.targets, zeta: target, alpha: target, middle: target };
    const config = { ...CONFIG, projects, targets };
    const answer = await createHarness({ config }).ask("GET", url);
    expect(answer.headers).toMatchObject({ vary: "authorization" });
    const names = (Object.values(json(answer))[0] as { name: string }[]).map(({ name }) => name);
    expect(names.length).toBeGreaterThan(3);
    expect(names).toEqual(names.toSorted());
  },
);

test.each([
  [URL_OF_A, "GET /v1/jobs/{project}/{jobId}"],
  ["/v1/targets", "GET /v1/targets"],
])("the log line of a request to %s contains the route %s", async (url, route) => {
  const api = await watched();
  await api.ask("GET", url);
  expect(api.notes.route).toBe(route);
});
