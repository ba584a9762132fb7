import { attempt, SLOW } from "../../lib/ledger/samples.ts";
import { T0 } from "../../simulation/draw-inputs.ts";
import { bodiesOf, createFlow, jobIn, KEY } from "../steps-harness.ts";

const MINUTE_MS = 60_000;
const NOTIFICATION = { ...KEY, generation: 0, event: "job.failed", target: "audit" };

/** Returns a flow with a failed job whose notification was attempted once, and whose message is lost. */
async function attempted(state: "pending" | "rejected" | "delivered", nextAttemptAt: number | null) {
  const flow = createFlow();
  await flow.open();
  flow.observation = jobIn("failed");
  await flow.poll(1);
  flow.notifyQueue.purge();
  const owner = { key: NOTIFICATION, redelivery: 0, messageId: "n-1" };
  await flow.memory.claimNotification({ ...owner, now: T0, leaseMs: 1000, expiresAt: T0 * 2 });
  await flow.memory.recordAttemptIfClaimed({
    ...owner,
    state,
    spent: true,
    attempt: attempt({ at: T0 }),
    nextAttemptAt,
  });
  const sentAfter = async (ms: number) => {
    flow.clock.now = T0 + ms;
    await flow.memory.scheduleSweepByAndExtendExpiry({ ...KEY, generation: 0 }, T0, null);
    return (await flow.sweep()).notifications;
  };
  return { flow, sentAfter };
}

describe("a run of the sweep function", () => {
  it("leaves a notification alone that is on its way, and sends it again five minutes after its time", async () => {
    const { sentAfter } = await attempted("pending", T0 + 10 * MINUTE_MS);
    expect(await sentAfter(9 * MINUTE_MS)).toBe(0);
    expect(await sentAfter(14 * MINUTE_MS)).toBe(0);
    expect(await sentAfter(15 * MINUTE_MS)).toBe(1);
  });

  it("sends a failed notification again that never reached the dead-letter queue", async () => {
    const { flow, sentAfter } = await attempted("rejected", null);
    expect(await sentAfter(10 * MINUTE_MS)).toBe(1);
    await flow.memory.markDeadLettered(NOTIFICATION, 0);
    expect(await sentAfter(20 * MINUTE_MS)).toBe(0);
  });

  it("sends no delivered notification again", async () => {
    const { sentAfter } = await attempted("delivered", null);
    expect(await sentAfter(10 * MINUTE_MS)).toBe(0);
  });

  it("checks the watch again when the next notification is overdue, and in four minutes or later", async () => {
    const dueAfter = async (flow: ReturnType<typeof createFlow>) => {
      const [{ dueAt } = { dueAt: 0 }] = await flow.memory.listOverdueWatches(T0 * 2, 1);
      return dueAt - flow.clock.now;
    };
    const waiting = await attempted("pending", T0 + 120 * MINUTE_MS);
    expect(await waiting.sentAfter(10 * MINUTE_MS)).toBe(0);
    expect(await dueAfter(waiting.flow)).toBe(114 * MINUTE_MS);
    const lost = await attempted("pending", T0 + 5 * MINUTE_MS);
    expect(await lost.sentAfter(10 * MINUTE_MS)).toBe(1);
    expect(await dueAfter(lost.flow)).toBe(4 * MINUTE_MS);
    const both = await attempted("pending", T0 + 120 * MINUTE_MS);
    await both.flow.open({ targets: ["ops"] });
    expect(await both.sentAfter(10 * MINUTE_MS)).toBe(1);
    expect(bodiesOf(both.flow.notifyQueue)).toMatchObject([{ target: "ops" }]);
    expect(await dueAfter(both.flow)).toBe(4 * MINUTE_MS);
  });

  it("removes a watch from the overdue index if all its notifications are final", async () => {
    const { flow, sentAfter } = await attempted("delivered", null);
    expect(await sentAfter(10 * MINUTE_MS)).toBe(0);
    expect(await flow.memory.countUnfinishedWatchesApproximately(KEY.caller)).toBe(0);
  });

  it("sends only the notification about the slow job again if only this notification was redelivered", async () => {
    const flow = createFlow();
    const { audit } = flow.config.targets;
    if (audit !== undefined) audit.on = ["succeeded", "slow"];
    await flow.open();
    await flow.memory.getOrCreateSlowRecord(
      { ...KEY, generation: 0 },
      { ...SLOW, targets: ["audit"], generations: {} },
      T0 * 2,
    );
    flow.observation = jobIn("failed");
    await flow.poll(1);
    const slow = { ...KEY, generation: 0, event: "job.slow", target: "audit" };
    await flow.memory.startRedeliveryIfLatestIs(slow, 0, T0 * 2);
    flow.clock.now += 10 * MINUTE_MS;
    expect((await flow.sweep()).notifications).toBe(1);
    expect(bodiesOf(flow.notifyQueue)).toMatchObject([{ target: "audit", outcome: "slow", redelivery: 1 }]);
  });

  it("reads no digest for a watch without a digest", async () => {
    const flow = createFlow({ ledger: { readDigest: () => Promise.reject(new Error("a digest was read")) } });
    await flow.open();
    flow.observation = jobIn("failed");
    await flow.poll(1);
    flow.clock.now += 10 * MINUTE_MS;
    expect(await flow.sweep()).toMatchObject({ notifications: 1, failed: 0 });
  });

  it("sends the notification of a restarted watch with the generations of this watch", async () => {
    const flow = createFlow();
    await flow.open();
    flow.observation = { kind: "gone", text: "no such job" };
    flow.clock.now = T0 + 130_000;
    await flow.poll(1);
    await flow.memory.stopWatch(KEY, flow.clock.now, T0 * 2);
    await flow.open({ acceptedAt: flow.clock.now, nextPollAt: flow.clock.now });
    flow.observation = jobIn("failed");
    await flow.poll(2, "m-2");
    flow.notifyQueue.purge();
    flow.clock.now += 10 * MINUTE_MS;
    expect((await flow.sweep()).notifications).toBe(1);
    expect(bodiesOf(flow.notifyQueue)).toMatchObject([
      { watchGeneration: 1, generation: 1, outcome: "failed" },
    ]);
  });
});
