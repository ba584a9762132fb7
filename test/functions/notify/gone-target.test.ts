import type { AttemptResult } from "../../../lib/channels/attempt-delivery.ts";
import { createFlow, DELIVERED, jobIn, KEY } from "../steps-harness.ts";

const MINUTE_MS = 60_000;
const GONE: AttemptResult = { ...DELIVERED, verdict: "gone", status: 410, reason: "target_gone" };
const BUSY: AttemptResult = { ...DELIVERED, verdict: "retry", status: 503, reason: "server_error" };

/** Returns a flow with a notification for `audit` in the queue per job, and functions that read the state. */
async function ended(jobIds: readonly string[] = [KEY.jobId], settings = {}) {
  const flow = createFlow({ settings });
  flow.observation = jobIn("failed");
  for (const jobId of jobIds) {
    await flow.open({ jobId });
    await flow.poll(1, `m-${jobId}`, flow.pollQueue, jobId);
  }
  const delivery = (jobId = KEY.jobId) =>
    flow.memory.readDeliveryOrPendingRecord({
      ...KEY,
      jobId,
      generation: 0,
      event: "job.failed",
      target: "audit",
    });
  const target = () => flow.memory.readTargetState("audit");
  const notifyWith = async (result: AttemptResult) => {
    flow.attempted = result;
    return flow.notify();
  };
  return { flow, delivery, target, notifyWith };
}

describe("a target that says that it is gone", () => {
  it("is still on, and the delivery is pending for a minute without a spent attempt", async () => {
    const { flow, delivery, target, notifyWith } = await ended();
    expect(await notifyWith(GONE)).toBe("retry");
    const nextAttemptAt = flow.clock.now + MINUTE_MS;
    expect(await delivery()).toMatchObject({ state: "pending", attempts: 0, throttles: 0, nextAttemptAt });
    expect(await target()).toMatchObject({ offSince: null, goneSince: flow.clock.now });
    expect(flow.deadLetterQueue.state.messages).toEqual([]);
    flow.clock.now += MINUTE_MS - 1000;
    expect(await flow.notify()).toBe("nothing");
  });

  it("is switched off when it says so again a minute later, and the delivery is gone", async () => {
    const { flow, delivery, target, notifyWith } = await ended();
    await notifyWith(GONE);
    flow.clock.now += MINUTE_MS;
    expect(await notifyWith(GONE)).toBe("acknowledged");
    expect(await delivery()).toMatchObject({ state: "gone", attempts: 1, deadLettered: true });
    expect((await target()).offSince).toBe(flow.clock.now);
    const attributes = { reason: "gone", detail: "target_gone", target: "audit" };
    expect(flow.deadLetterQueue.state.messages).toMatchObject([{ attributes }]);
    expect(flow.recorded.posts).toHaveLength(2);
  });

  it("stays on when the second attempt is delivered, and a later response is again the first", async () => {
    const { flow, delivery, target, notifyWith } = await ended([KEY.jobId, "job-2"]);
    await notifyWith(GONE);
    expect(await notifyWith(GONE)).toBe("retry");
    flow.clock.now += MINUTE_MS;
    expect(await notifyWith(DELIVERED)).toBe("acknowledged");
    expect(await delivery()).toMatchObject({ state: "delivered", attempts: 1 });
    expect(await target()).toMatchObject({ offSince: null, goneSince: null });
    flow.clock.now += MINUTE_MS;
    expect(await notifyWith(GONE)).toBe("retry");
    expect(await target()).toMatchObject({ offSince: null, goneSince: flow.clock.now });
  });

  it("is switched off by the response to another notification a minute later", async () => {
    const { flow, delivery, target, notifyWith } = await ended();
    await notifyWith(GONE);
    flow.clock.now += MINUTE_MS;
    await flow.open({ jobId: "job-2" });
    await flow.poll(1, "m-2", flow.pollQueue, "job-2");
    const [, second] = flow.notifyQueue.receive(2);
    if (second === undefined) throw new Error("the notification of job-2 is not in the queue");
    flow.attempted = GONE;
    expect(await flow.handle(second)).toBe("acknowledged");
    expect(await delivery("job-2")).toMatchObject({ state: "gone", attempts: 1 });
    expect((await target()).offSince).toBe(flow.clock.now);
    expect(flow.recorded.acts).toMatchObject([{ act: "target_off", who: "service", targets: ["audit"] }]);
  });

  it("is not switched off by the response to another notification within the minute", async () => {
    const { flow, delivery, target, notifyWith } = await ended();
    await notifyWith(GONE);
    const { now } = flow.clock;
    flow.clock.now += MINUTE_MS / 2;
    await flow.open({ jobId: "job-2" });
    await flow.poll(1, "m-2", flow.pollQueue, "job-2");
    expect(await notifyWith(GONE)).toBe("retry");
    expect(await delivery("job-2")).toMatchObject({ state: "pending", nextAttemptAt: now + MINUTE_MS });
    expect((await target()).offSince).toBeNull();
  });

  it("is not switched off by an attempt that started within the minute and ended after the minute", async () => {
    const { flow, target, notifyWith } = await ended([KEY.jobId, "job-2"]);
    await notifyWith(GONE);
    flow.clock.now += MINUTE_MS - 5000;
    flow.whileDelivering = () => {
      flow.clock.now += 9000;
    };
    expect(await notifyWith(GONE)).toBe("retry");
    expect((await target()).offSince).toBeNull();
  });

  it("leaves the whole retry schedule to a delivery whose second attempt fails otherwise", async () => {
    const { flow, delivery, notifyWith } = await ended([KEY.jobId], { retry: { scheduleSeconds: [0, 5] } });
    await notifyWith(GONE);
    flow.clock.now += MINUTE_MS;
    expect(await notifyWith(BUSY)).toBe("retry");
    expect(await delivery()).toMatchObject({ attempts: 1, nextAttemptAt: flow.clock.now + 5000 });
    flow.clock.now += 5000;
    expect(await notifyWith(BUSY)).toBe("acknowledged");
    expect(await delivery()).toMatchObject({ state: "exhausted", attempts: 2 });
  });

  it("is not switched off by the last attempt of a message that was received too often", async () => {
    const { flow, delivery, target } = await ended();
    const [message] = flow.notifyQueue.receive(1);
    if (message === undefined) throw new Error("the queue is empty");
    flow.attempted = GONE;
    expect(await flow.handle({ ...message, receiveCount: 900 })).toBe("acknowledged");
    expect(await delivery()).toMatchObject({ state: "gone", deadLettered: true });
    expect((await target()).offSince).toBeNull();
  });
});
