import { logAcceptFailure } from "../../../functions/enqueue/start-or-extend-watches.ts";
import { capturedLog } from "../captured-log.ts";
import { json } from "../http-answers.ts";
import { createHarness } from "../http-harness.ts";

const JOB = "1e50bfbe-5b9e-11ef-8f52-0255ac10003e";

describe("a failure of the ledger or a queue", () => {
  test("rejects the job that failed and accepts the others", async () => {
    const api = createHarness({
      ledger: (ledger) => ({
        startOrExtendWatch: (watch) =>
          watch.jobId === "a" ? Promise.reject(new Error("throttled")) : ledger.startOrExtendWatch(watch),
      }),
    });
    const answer = await api.ask("POST", "/v1/jobs", { body: { jobIds: ["a", "b"] } });
    expect(answer.status).toBe(202);
    expect(json(answer).jobs).toMatchObject([
      { status: "rejected", error: { status: 503 } },
      { status: "accepted" },
    ]);
    expect(json(answer).jobs[0]?.error).toMatchObject({
      detail: expect.stringContaining("send the job again"),
    });
    expect(api.failures).toEqual(["open"]);
    expect(JSON.stringify(json(answer))).not.toContain("throttled");
  });

  test("for all jobs returns a 503 with Retry-After", async () => {
    const api = createHarness({
      pollQueue: { send: async (sent) => sent.map(({ id }) => ({ id, kind: "failed", reason: "Timeout" })) },
    });
    const answer = await api.ask("POST", "/v1/jobs", { body: { jobId: JOB } });
    expect(answer).toMatchObject({ status: 503, headers: { "retry-after": "5" } });
    expect(api.errors).toEqual([new Error("Timeout")]);
  });

  test("of a queue is reported with the reason for each message", async () => {
    const api = createHarness({
      pollQueue: {
        send: async (sent) => sent.map(({ id }, i) => ({ id, kind: "failed", reason: `reason ${i}` })),
      },
    });
    await api.ask("POST", "/v1/jobs", { body: { jobIds: ["a", "b"] } });
    expect(api.errors).toEqual([new Error("reason 0, reason 1")]);
  });

  test("during the storage of a digest rejects only the new jobs of the call", async () => {
    const api = createHarness({
      ledger: () => ({ createDigestIfAbsent: () => Promise.reject(new Error("no")) }),
    });
    await api.ask("POST", "/v1/jobs", { body: { jobId: "known" } });
    const answer = await api.ask("POST", "/v1/jobs", { body: { jobIds: ["known", "a"], digest: true } });
    expect(json(answer).jobs).toMatchObject([{ status: "already_watching" }, { status: "rejected" }]);
  });

  test("is logged with the step that failed", async () => {
    const { logged } = await capturedLog(() => logAcceptFailure("open", new Error("throttled")));
    expect(logged).toMatchObject([
      { message: "accept failed", step: "open", error: { message: "throttled" } },
    ]);
  });

  test("during the storage of a digest rejects the jobs, and a second call sends the polls of the jobs", async () => {
    const api = createHarness({
      ledger: () => ({ createDigestIfAbsent: () => Promise.reject(new Error("no")) }),
    });
    const body = { jobIds: ["a", "b"], digest: true };
    expect((await api.ask("POST", "/v1/jobs", { body })).status).toBe(503);
    expect(api.pollQueue.state.sent).toBe(0);
    expect(api.failures).toEqual(["digest"]);
    expect((await api.ask("POST", "/v1/jobs", { body })).status).toBe(202);
    expect(api.pollQueue.state.sent).toBe(2);
  });
});
