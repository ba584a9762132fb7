import { createHash } from "node:crypto";
import type { Rights } from "../../../lib/config/config.ts";
import { json, messages } from "../http-answers.ts";
import { CONFIG, TOKENS } from "../http-config.ts";
import { createHarness } from "../http-harness.ts";
import { end, URL_OF_A, watched } from "../http-watched.ts";

describe("DELETE /v1/jobs/{project}/{jobId}", () => {
  test("stops the watch, accepts a repetition, and lets a new call watch the job again", async () => {
    const api = await watched();
    for (let i = 0; i < 2; i += 1) expect(await api.ask("DELETE", URL_OF_A)).toEqual({ status: 204 });
    expect(json(await api.ask("GET", URL_OF_A)).state).toBe("stopped");
    const again = await api.ask("POST", "/v1/jobs", { body: { jobId: "a" } });
    expect(json(again).jobs[0]?.status).toBe("accepted");
  });

  test("makes a timed-out watch restartable", async () => {
    const api = await watched();
    await end(api, "timed_out");
    const handOver = async () =>
      json(await api.ask("POST", "/v1/jobs", { body: { jobId: "a" } })).jobs[0]?.status;
    expect(await handOver()).toBe("already_watching");
    expect(await api.ask("DELETE", URL_OF_A)).toEqual({ status: 204 });
    expect(json(await api.ask("GET", URL_OF_A)).state).toBe("timed_out");
    api.clock.now += 1000;
    expect(await handOver()).toBe("accepted");
    expect(json(await api.ask("GET", URL_OF_A))).toMatchObject({
      state: "watching",
      polls: 0,
      reason: null,
      deliveries: [
        { target: "audit", state: "pending", attempts: 0 },
        { target: "deploys", state: "pending", attempts: 0 },
      ],
    });
  });

  test("returns 404 for an unknown watch and for a project that the caller may not use", async () => {
    const api = await watched();
    expect((await api.ask("DELETE", "/v1/jobs/prod/b")).status).toBe(404);
    expect((await api.ask("DELETE", "/v1/jobs/secret/a", { token: TOKENS.team })).status).toBe(404);
  });
});

describe("DELETE with ?all=true", () => {
  const reader = (operations: string[], targets = ["*"]) => {
    const sha256 = createHash("sha256").update("reader").digest("hex");
    return {
      ...CONFIG,
      tokens: { ...CONFIG.tokens, reader: { sha256, projects: ["*"], targets, operations } },
    };
  };

  test("stops the watches of all callers, and logs each stop with the owner of the watch", async () => {
    const api = await watched();
    await api.ask("POST", "/v1/jobs", { body: { jobId: "a", notify: ["deploys"] }, token: TOKENS.team });
    expect(await api.ask("DELETE", `${URL_OF_A}?all=true`)).toEqual({ status: 204 });
    expect(api.acts).toHaveLength(2);
    for (const owner of ["token:all", "token:team"])
      expect(api.acts).toContainEqual({
        act: "stop",
        who: "token:all",
        from: "192.0.2.1",
        project: "prod",
        jobId: "a",
        owner,
        traceparent: null,
        targets: [],
      });
    expect(await api.ask("DELETE", `${URL_OF_A}?all=true`)).toEqual({ status: 204 });
    expect(api.acts).toHaveLength(2);
  });

  test.each([
    [204, { projects: ["prod"], targets: ["*"], operations: ["stop"] }],
    [403, { projects: ["prod"], targets: ["*"], operations: ["read"] }],
    [403, { projects: ["secret"], targets: ["*"], operations: ["stop"] }],
  ])(
    "answers %i to the caller of a CI job to whom one of two rules gives the right %j",
    async (status, rule) => {
      const rights = [{ projects: ["prod"], targets: ["deploys"], operations: ["stop"] }, rule] as Rights[];
      const caller = { name: "oidc:https://ci.example.com:me", rights };
      const oidc = [{ issuer: "https://ci.example.com", audience: "us", claims: { sub: "me" }, ...rule }];
      const api = await watched({
        config: { ...CONFIG, oidc },
        identify: async () => ({ kind: "caller", caller }),
      });
      const answer = await api.ask("DELETE", `${URL_OF_A}?all=true`, { token: "eyJh.eyJp.c2ln" });
      expect(answer.status).toBe(status);
      expect(json(await api.ask("GET", URL_OF_A)).state).toBe(status === 204 ? "stopped" : "watching");
    },
  );

  test("returns 404 for a job that nobody watches, and names a wrong value", async () => {
    const api = await watched();
    expect((await api.ask("DELETE", "/v1/jobs/prod/b?all=true")).status).toBe(404);
    const wrong = await api.ask("DELETE", `${URL_OF_A}?all=yes`);
    expect(json(wrong).errors).toEqual([{ parameter: "all", detail: "must be 'true'" }]);
  });

  test.each([
    ["the operation stop", ["read"], ["*"]],
    ["all targets", ["*"], ["audit"]],
  ])("needs the right to %s", async (_, operations, targets) => {
    const api = await watched({ config: reader(operations, targets) });
    const answer = await api.ask("DELETE", `${URL_OF_A}?all=true`, { token: "reader" });
    expect(answer.status).toBe(403);
    if (targets[0] === "*") return;
    expect(json(answer).detail).toContain("'stop'");
    expect(json(answer).errors).toEqual([
      { parameter: "all", detail: expect.stringMatching(/'stop' for the target '\*'/) },
    ]);
  });

  test.each([
    ["older", 1000],
    ["newer", -1000],
  ])("returns 503 if the digest of the %s watch is not sent, and stops the other watch", async (_, ms) => {
    const api = createHarness({
      notifyQueue: {
        send: async (all) => all.map(({ id }) => ({ id, kind: "failed" as const, reason: "throttled" })),
      },
    });
    const body = { jobIds: ["a", "b"], digest: true, notify: ["ops"] };
    await api.ask("POST", "/v1/jobs", { body });
    await api.ask("DELETE", "/v1/jobs/prod/b");
    api.clock.now += ms;
    await api.ask("POST", "/v1/jobs", { body: { jobId: "a", notify: ["deploys"] }, token: TOKENS.team });
    const answer = await api.ask("DELETE", `${URL_OF_A}?all=true`);
    expect(answer.status).toBe(503);
    expect(json(answer).detail).toContain("Send the request again");
    for (const caller of ["token:all", "token:team"])
      expect(await api.ledger.readWatchDocumentOrNull({ project: "prod", jobId: "a", caller })).toMatchObject(
        {
          watch: { state: "stopped" },
        },
      );
  });

  test("ignores a watch that the ledger deletes at the same time", async () => {
    const api = await watched({ ledger: () => ({ stopWatch: async () => "missing" }) });
    expect(await api.ask("DELETE", `${URL_OF_A}?all=true`)).toEqual({ status: 204 });
    expect((await api.ask("DELETE", URL_OF_A)).status).toBe(404);
  });

  test("logs the stop of a watch that the ledger deletes or cannot read after the stop", async () => {
    const gone = await watched({ ledger: () => ({ readWatchDocumentOrNull: async () => null }) });
    expect(await gone.ask("DELETE", URL_OF_A)).toEqual({ status: 204 });
    expect(gone.acts).toMatchObject([{ act: "stop", traceparent: null }]);
    const down = () => Promise.reject(new Error("the ledger is down"));
    const failing = await watched({ ledger: () => ({ readWatchDocumentOrNull: down }) });
    await expect(failing.ask("DELETE", URL_OF_A)).rejects.toThrow("the ledger is down");
    expect(failing.acts).toMatchObject([{ act: "stop", owner: "token:all", targets: [] }]);
  });

  test("logs the trace context of the stopped watch, and throws the errors of the ledger", async () => {
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const api = createHarness({
      ledger: () => ({ readDigest: () => Promise.reject(new Error("the ledger is down")) }),
    });
    const body = { jobIds: ["a", "b"], digest: true, notify: ["ops"] };
    await api.ask("POST", "/v1/jobs", { body, headers: { traceparent } });
    await expect(api.ask("DELETE", URL_OF_A)).rejects.toThrow("the ledger is down");
    expect(api.acts).toMatchObject([{ act: "stop", traceparent }]);
  });
});

describe("DELETE with a query or a body", () => {
  test("is rejected without an effect on the watch, except for an empty body and the body {}", async () => {
    const api = await watched();
    const forced = await api.ask("DELETE", `${URL_OF_A}?force=1`, { body: { why: "x" } });
    expect(forced.status).toBe(422);
    expect(json(forced).errors).toEqual([
      { parameter: "force", detail: "unknown parameter" },
      { pointer: "#", detail: "must be empty. This call has no body." },
    ]);
    expect(json(await api.ask("GET", URL_OF_A)).state).toBe("watching");
    for (const body of ["", "{}", " {\n}\n"])
      expect((await api.ask("DELETE", URL_OF_A, { body })).status).toBe(204);
  });
});

describe("DELETE of a member of a digest", () => {
  const digest = { jobIds: ["a", "b"], digest: true, notify: ["ops", "audit"] };
  const sent = { v: 1, kind: "digest", digestId: "uuid-1", target: "ops", delaySeconds: 0 };

  test("removes the member, and the removal of the last member sends the digest", async () => {
    const api = createHarness();
    await api.ask("POST", "/v1/jobs", { body: digest });
    await api.ask("DELETE", "/v1/jobs/prod/a");
    expect(messages(api.notifyQueue)).toEqual([]);
    await api.ask("DELETE", "/v1/jobs/prod/b");
    expect(messages(api.notifyQueue)).toEqual([sent]);
  });

  test("returns 503 when the digest is not sent, and a repetition sends the digest", async () => {
    let down = true;
    const api = createHarness({
      notifyQueue: {
        send: async (all) =>
          all.map(({ id }) =>
            down ? { id, kind: "failed" as const, reason: "throttled" } : { id, kind: "sent" as const },
          ),
      },
    });
    await api.ask("POST", "/v1/jobs", { body: digest });
    await api.ask("DELETE", "/v1/jobs/prod/a");
    const failed = await api.ask("DELETE", "/v1/jobs/prod/b");
    expect([failed.status, failed.headers?.["retry-after"]]).toEqual([503, "5"]);
    down = false;
    expect((await api.ask("DELETE", "/v1/jobs/prod/b")).status).toBe(204);
    expect(api.calls.filter((call) => call === "notifyQueue.send")).toHaveLength(2);
  });

  test("ends the membership, so a new call for the single job does not join the digest", async () => {
    const api = createHarness();
    await api.ask("POST", "/v1/jobs", { body: digest });
    await api.ask("DELETE", "/v1/jobs/prod/a");
    await api.ask("POST", "/v1/jobs", { body: { jobId: "a" } });
    expect(
      (await api.ledger.readWatchDocumentOrNull({ project: "prod", jobId: "a", caller: "token:all" }))?.watch
        .digestId,
    ).toBeNull();
  });
});
