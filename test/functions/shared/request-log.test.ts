import { TOKENS } from "../http-config.ts";
import { createHarness } from "../http-harness.ts";
import { end, KEY, URL_OF_A, watched } from "../http-watched.ts";

describe("the log line of a request", () => {
  test.each([
    ["GET", "/v1/jobs/prod/a", "GET /v1/jobs/{project}/{jobId}", "token:all"],
    ["HEAD", "/v1/jobs/prod/a", "GET /v1/jobs/{project}/{jobId}", "token:all"],
    ["POST", "/v1/targets/ops/test", "POST /v1/targets/{name}/test", "token:all"],
    ["GET", "/jobs/prod/a?key=zz.hush", "GET /jobs/{project}/{jobId}", undefined],
    ["GET", "/hush", undefined, undefined],
  ])("names the operation and the known caller of %s %s", async (method, url, route, caller) => {
    const api = await watched();
    await api.ask(method, url);
    expect(api.notes).toEqual({
      ...(route === undefined ? {} : { route }),
      ...(caller === undefined ? {} : { caller }),
    });
  });

  test("names the caller who submits jobs, and no caller when the token is refused", async () => {
    const api = createHarness();
    await api.ask("POST", "/v1/jobs", { body: { jobId: "a" }, token: TOKENS.team });
    expect(api.notes).toEqual({ caller: "token:team" });
    await api.ask("DELETE", URL_OF_A, { token: "nobody" });
    expect(api.notes).toEqual({ route: "DELETE /v1/jobs/{project}/{jobId}" });
  });
});

const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/** Creates a harness with one watch that has a trace context. */
async function watchedWithTrace() {
  const api = createHarness();
  const headers = { traceparent: TRACEPARENT };
  const body = { jobId: "a", notify: ["deploys", "audit"] };
  await api.ask("POST", "/v1/jobs", { body, headers });
  return api;
}

describe("the log line of a change by a caller", () => {
  test("is written once for a stop, with the trace context of the watch", async () => {
    const api = await watchedWithTrace();
    await api.ask("DELETE", URL_OF_A);
    await api.ask("DELETE", URL_OF_A);
    expect(api.acts).toEqual([
      {
        act: "stop",
        who: "token:all",
        from: "192.0.2.1",
        project: "prod",
        jobId: "a",
        owner: "token:all",
        traceparent: TRACEPARENT,
        targets: [],
      },
    ]);
  });

  test("is written for a stop after which the ledger cannot be read", async () => {
    let isStopped = false;
    const api = await watched({
      ledger: (ledger) => ({
        stopWatch: async (...parameters) => {
          isStopped = true;
          return ledger.stopWatch(...parameters);
        },
        readWatchDocumentOrNull: (key) =>
          isStopped ? Promise.reject(new Error("outage")) : ledger.readWatchDocumentOrNull(key),
      }),
    });
    await expect(api.ask("DELETE", URL_OF_A)).rejects.toThrow("outage");
    expect(api.acts).toMatchObject([{ act: "stop", who: "token:all", traceparent: null }]);
  });

  test("contains the trace context of the redelivered watch", async () => {
    const api = await watchedWithTrace();
    await end(api);
    await api.ask("POST", `${URL_OF_A}/redeliver`);
    expect(api.acts).toMatchObject([{ act: "redeliver", traceparent: TRACEPARENT }]);
  });

  test("is written for a redelivery, with the targets whose notifications were queued", async () => {
    const api = await watched({
      notifyQueue: {
        send: async (sent) =>
          sent.map(({ id, body }) =>
            body.includes("audit") ? { id, kind: "failed", reason: "Timeout" } : { id, kind: "sent" },
          ),
      },
    });
    await end(api);
    const body = { targets: ["deploys"] };
    await api.ask("POST", `${URL_OF_A}/redeliver`, { body });
    expect(await api.ask("POST", `${URL_OF_A}/redeliver`)).toMatchObject({ status: 202 });
    expect(api.logged).toEqual([
      ["redeliver", { ...KEY, traceparent: null }, ["deploys"]],
      ["redeliver", { ...KEY, traceparent: null }, ["deploys"]],
    ]);
  });

  test("is written for the test of a target", async () => {
    const api = createHarness();
    await api.ask("POST", "/v1/targets/ops/test");
    expect(api.logged).toEqual([["test", "ops", "feishu", "token:all"]]);
    expect(api.acts).toMatchObject([{ act: "test", who: "token:all", from: "192.0.2.1", targets: ["ops"] }]);
  });
});
