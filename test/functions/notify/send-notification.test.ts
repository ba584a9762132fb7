import type { AttemptResult } from "../../../lib/channels/deliver.ts";
import { bodiesOf, createFlow, DELIVERED, jobIn, KEY } from "../steps-harness.ts";

const RETRY: AttemptResult = { ...DELIVERED, verdict: "retry", status: 503, reason: "server_error" };
const THROTTLED: AttemptResult = {
  ...RETRY,
  status: 429,
  reason: "throttled",
  spent: false,
  afterSeconds: 900,
};
const REJECTED: AttemptResult = { ...DELIVERED, verdict: "rejected", status: 400, reason: "client_error" };
const GONE: AttemptResult = { ...DELIVERED, verdict: "gone", status: 410, reason: "target_gone" };

/** A watch that has ended, with a notification for each of its targets in the queue. */
async function ended(targets: readonly string[] = ["audit"], settings = {}) {
  const flow = createFlow({ settings });
  await flow.open({ targets });
  flow.observation = jobIn("failed");
  await flow.poll(1);
  const standing = async (target = "audit") => flow.memory.readDelivery({ ...KEY, generation: 0, target });
  return { flow, standing };
}

describe("a notification", () => {
  it("is delivered once, and recorded", async () => {
    const { flow, standing } = await ended();
    expect(await flow.notify()).toBe("acknowledged");
    expect(await standing()).toMatchObject({ state: "delivered", attempts: 1 });
    expect(flow.recorded.posts).toHaveLength(1);
    expect(bodiesOf(flow.notifyQueue)).toEqual([]);
  });

  it("that comes twice is told once", async () => {
    const { flow } = await ended();
    const [body] = flow.notifyQueue.state.messages;
    await flow.notifyQueue.send([{ id: "again", body: body?.body ?? "", delaySeconds: 0 }]);
    expect([await flow.notify(), await flow.notify()]).toEqual(["acknowledged", "acknowledged"]);
    expect(flow.recorded.posts).toHaveLength(1);
  });

  it("waits hidden in its queue between attempts, and comes under the same ID", async () => {
    const { flow, standing } = await ended();
    flow.attempted = RETRY;
    expect(await flow.notify()).toBe("retry");
    expect(await standing()).toMatchObject({
      state: "pending",
      attempts: 1,
      nextAttemptAt: flow.clock.now + 5_000,
    });
    expect(await flow.notify()).toBe("nothing");
    flow.clock.now += 5_000;
    flow.attempted = DELIVERED;
    expect(await flow.notify()).toBe("acknowledged");
    expect(new Set(flow.recorded.posts).size).toBe(1);
    expect(await standing()).toMatchObject({ state: "delivered", attempts: 2 });
  });

  it("spends no attempt on a 429, and makes the others at that target wait as well", async () => {
    const { flow, standing } = await ended();
    flow.attempted = THROTTLED;
    expect(await flow.notify()).toBe("retry");
    expect(await standing()).toMatchObject({ state: "pending", attempts: 0 });
    expect((await flow.memory.readTarget("audit")).throttledUntil).toBe(flow.clock.now + 900_000);
  });

  it("ends in the dead-letter queue, with the reason, when its schedule is exhausted", async () => {
    const { flow, standing } = await ended(["audit"], { retry: { scheduleSeconds: [0, 1] } });
    flow.attempted = RETRY;
    await flow.notify();
    flow.clock.now += 2_000;
    expect(await flow.notify()).toBe("acknowledged");
    expect(await standing()).toMatchObject({ state: "exhausted", attempts: 2, deadLettered: true });
    const attributes = { reason: "exhausted", detail: "server_error", target: "audit" };
    expect(flow.deadLetterQueue.state.messages).toMatchObject([{ attributes }]);
  });

  it("that is refused is deadLettered at once; one for a target that is gone switches the target off", async () => {
    const refused = await ended();
    refused.flow.attempted = REJECTED;
    expect(await refused.flow.notify()).toBe("acknowledged");
    expect(await refused.standing()).toMatchObject({ state: "rejected", deadLettered: true });

    const gone = await ended();
    gone.flow.attempted = GONE;
    await gone.flow.notify();
    expect((await gone.flow.memory.readTarget("audit")).offSince).toBe(gone.flow.clock.now);
  });

  it("asks a target that is off for nothing", async () => {
    const { flow, standing } = await ended();
    await flow.memory.switchTargetOff("audit", 1);
    expect(await flow.notify()).toBe("acknowledged");
    expect(flow.recorded.posts).toEqual([]);
    expect(await standing()).toMatchObject({ state: "gone", deadLettered: true });
  });

  it("for a target that the config has lost is deadLettered", async () => {
    const { flow } = await ended(["nobody"]);
    await flow.notify();
    expect(flow.deadLetterQueue.state.messages).toMatchObject([{ attributes: { detail: "target_unknown" } }]);
  });

  it("final but not yet deadLettered, is deadLettered when it comes again, and not attempted", async () => {
    const { flow } = await ended();
    const lease = { redelivery: 0, messageId: "notify-1" };
    const key = { ...KEY, generation: 0, target: "audit" };
    const now = flow.clock.now;
    await flow.memory.claimNotification({ key, ...lease, now, leaseMs: 35_000, expiresAt: now * 2 });
    const attempt = { at: now, verdict: "rejected", status: 400, durationMs: 1, answer: "" } as const;
    await flow.memory.recordAttempt({
      key,
      ...lease,
      state: "rejected",
      spent: true,
      nextAttemptAt: null,
      attempt: { ...attempt, reason: "client_error" },
    });
    expect(await flow.notify()).toBe("acknowledged");
    expect(flow.recorded.posts).toEqual([]);
    expect(flow.deadLetterQueue.state.messages).toMatchObject([{ attributes: { reason: "rejected" } }]);
  });

  it("is not attempted by an instance that slept past its time after the claim", async () => {
    const flow = createFlow({
      ledger: {
        async readTarget(name) {
          flow.remainingMs = -600_000;
          return flow.memory.readTarget(name);
        },
      },
    });
    await flow.open();
    flow.observation = jobIn("failed");
    await flow.poll(1);
    expect(await flow.notify()).toBe("retry");
    expect(flow.recorded.posts).toEqual([]);
    expect(await flow.memory.readDelivery({ ...KEY, generation: 0, target: "audit" })).toMatchObject({
      state: "pending",
    });
  });

  it("is kept when there is no time left for it", async () => {
    const { flow } = await ended();
    flow.remainingMs = 6_000;
    expect(await flow.notify()).toBe("retry");
    expect(flow.recorded.posts).toEqual([]);
  });

  it("waits for its place in the pace of its target", async () => {
    const { flow } = await ended(["deploys"]);
    await flow.memory.reserveRequestTime("deploys", flow.clock.now, 1_100);
    expect(await flow.notify()).toBe("retry");
    expect(flow.recorded.posts).toEqual([]);
    flow.clock.now += 2_000;
    expect(await flow.notify()).toBe("acknowledged");
    expect(flow.recorded.posts).toHaveLength(1);
  });
});
