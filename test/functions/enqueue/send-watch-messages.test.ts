import { json, messages } from "../http-answers.ts";
import { START } from "../http-config.ts";
import { createHarness } from "../http-harness.ts";

const JOB = "1e50bfbe-5b9e-11ef-8f52-0255ac10003e";

type Options = NonNullable<Parameters<typeof createHarness>[0]>;

describe("a job that has already ended", () => {
  async function concluded(ledger: Options["ledger"] = () => ({})) {
    const api = createHarness({ ledger });
    await api.ask("POST", "/v1/jobs", { body: { jobId: JOB, notify: ["audit"] } });
    const key = { project: "prod", jobId: JOB, caller: "token:all" };
    await api.ledger.claimPoll({ key, poll: 1, messageId: "m", now: START, leaseMs: 1000 });
    await api.ledger.endWatchUnlessTargetsAdded({
      key,
      acceptedAt: START,
      outcome: "succeeded",
      concludedAt: START,
      targets: ["audit"],
      polledAt: [START],
      expiresAt: START + 1e9,
    });
    return api;
  }

  test("is notified at once to added targets whose 'on' lists the outcome", async () => {
    const api = await concluded();
    const body = { jobId: JOB, notify: ["audit", "ops", "deploys"] };
    const answer = await api.ask("POST", "/v1/jobs", { body });
    expect(json(answer).jobs[0]?.status).toBe("already_watching");
    expect(messages(api.notifyQueue)).toEqual([
      {
        v: 1,
        kind: "notification",
        project: "prod",
        jobId: JOB,
        caller: "token:all",
        watchGeneration: 0,
        generation: 0,
        target: "ops",
        outcome: "succeeded",
        redelivery: 0,
        delaySeconds: 0,
      },
    ]);
    expect(api.pollQueue.state.sent).toBe(1);
  });

  test("is notified at once to an added callback", async () => {
    const api = await concluded();
    const body = { jobId: JOB, notify: [], callbackUrl: "https://hooks.example.com/cce" };
    await api.ask("POST", "/v1/jobs", { body });
    expect(messages(api.notifyQueue)).toMatchObject([
      { target: expect.stringMatching(/^callback:/), outcome: "succeeded" },
    ]);
  });

  test("is kept longer only if the call adds a target", async () => {
    const kept: (number | null)[] = [];
    const api = await concluded((memory) => ({
      scheduleSweepByAndExtendExpiry: (key, dueAt, expiresAt) => {
        kept.push(expiresAt);
        return memory.scheduleSweepByAndExtendExpiry(key, dueAt, expiresAt);
      },
    }));
    await api.ask("POST", "/v1/jobs", { body: { jobId: JOB, notify: ["audit"] } });
    await api.ask("POST", "/v1/jobs", { body: { jobId: JOB, notify: ["ops"] } });
    expect(kept).toEqual([null, expect.any(Number)]);
  });

  test("is scheduled for a sweep before its notifications are sent, because they may be lost", async () => {
    const api = await concluded();
    api.calls.length = 0;
    await api.ask("POST", "/v1/jobs", { body: { jobId: JOB, notify: ["ops"] } });
    expect(api.calls).toEqual([
      "ledger.startOrExtendWatch",
      "ledger.scheduleSweepByAndExtendExpiry",
      "notifyQueue.send",
    ]);
  });
});
