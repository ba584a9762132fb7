import { json } from "../http-answers.ts";
import { createHarness } from "../http-harness.ts";

const JOB = "1e50bfbe-5b9e-11ef-8f52-0255ac10003e";

describe("what cannot be stored or sent", () => {
  test("is that job's answer, and the others go on", async () => {
    const api = createHarness({
      ledger: (ledger) => ({
        openWatch: (watch) =>
          watch.jobId === "a" ? Promise.reject(new Error("throttled")) : ledger.openWatch(watch),
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

  test("as a digest leaves the jobs untaken, so that asking again sends their polls", async () => {
    const api = createHarness({ ledger: () => ({ createDigest: () => Promise.reject(new Error("no")) }) });
    const body = { jobIds: ["a", "b"], digest: true };
    expect((await api.ask("POST", "/v1/jobs", { body })).status).toBe(503);
    expect(api.pollQueue.state.sent).toBe(0);
    expect((await api.ask("POST", "/v1/jobs", { body })).status).toBe(202);
    expect(api.pollQueue.state.sent).toBe(2);
  });
});
