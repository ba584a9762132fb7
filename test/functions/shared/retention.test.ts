import type { Ledger } from "../../../lib/ledger/ledger.ts";
import { T0 } from "../../simulation/draw-inputs.ts";
import { CONFIG, START } from "../http-config.ts";
import { createHarness } from "../http-harness.ts";
import { createFlow, jobIn, KEY } from "../steps-harness.ts";

const OWED_MS = 14 * 86_400_000;
const MOMENT = { retentionDays: 0.0001 };

/** A ledger that records the expiry that each call passes. */
function noting(ledger: () => Ledger, kept: Record<string, number>): Partial<Ledger> {
  return {
    startOrExtendWatch: (watch) => note("open", watch.expiresAt, () => ledger().startOrExtendWatch(watch)),
    createDigestIfAbsent: (digest) =>
      note("openDigest", digest.expiresAt, () => ledger().createDigestIfAbsent(digest)),
    getOrCreateOutcome: (key, stored, at) =>
      note("saveOutcome", at, () => ledger().getOrCreateOutcome(key, stored, at)),
    endWatchUnlessTargetsAdded: (ending) =>
      note("end", ending.expiresAt, () => ledger().endWatchUnlessTargetsAdded(ending)),
    claimNotification: (claim) =>
      note("claimNotification", claim.expiresAt, () => ledger().claimNotification(claim)),
    stopWatch: (key, now, at) => note("stop", at, () => ledger().stopWatch(key, now, at)),
    startRedeliveryIfLatestIs: (key, after, at) =>
      note("startRedeliveryIfLatestIs", at, () => ledger().startRedeliveryIfLatestIs(key, after, at)),
  };

  function note<T>(call: string, at: number, run: () => T): T {
    kept[call] = at;
    return run();
  }
}

describe("a retention of seconds", () => {
  it("removes nothing while a notification is under way", async () => {
    const kept: Record<string, number> = {};
    const flow = createFlow({ settings: MOMENT, ledger: noting(() => flow.memory, kept) });
    await flow.open();
    flow.observation = jobIn("failed");
    await flow.poll(1);
    await flow.notify();
    expect(Object.keys(kept).toSorted()).toEqual(["claimNotification", "end", "saveOutcome"]);
    for (const at of Object.values(kept)) expect(at).toBeGreaterThan(T0 + OWED_MS);
  });

  it("removes nothing while a job runs, and nothing that callers changed", async () => {
    const kept: Record<string, number> = {};
    const api = createHarness({
      config: { ...CONFIG, settings: { ...CONFIG.settings, ...MOMENT } },
      ledger: (memory) => noting(() => memory, kept),
    });
    const body = { jobIds: ["a", "b"], project: KEY.project, notify: ["deploys"], digest: true };
    expect((await api.ask("POST", "/v1/jobs", { body })).status).toBe(202);
    expect((await api.ask("DELETE", "/v1/jobs/prod/b")).status).toBe(204);
    const key = { project: "prod", jobId: "a", caller: "token:all" };
    await api.ledger.claimPoll({ key, poll: 1, messageId: "m", now: START, leaseMs: 1000 });
    const ending = {
      outcome: "failed",
      acceptedAt: START,
      concludedAt: START,
      targets: ["deploys"],
      polledAt: [],
    } as const;
    await api.ledger.endWatchUnlessTargetsAdded({ key, ...ending, expiresAt: START + OWED_MS });
    expect((await api.ask("POST", "/v1/jobs/prod/a/redeliver", { body: {} })).status).toBe(202);
    expect(Object.keys(kept).toSorted()).toEqual(["open", "openDigest", "startRedeliveryIfLatestIs", "stop"]);
    const deadlineMs = 120 * 60_000;
    expect(Math.min(kept.open ?? 0, kept.openDigest ?? 0)).toBeGreaterThan(START + deadlineMs + OWED_MS);
    expect(Math.min(kept.stop ?? 0, kept.startRedeliveryIfLatestIs ?? 0)).toBeGreaterThan(START + OWED_MS);
  });
});
