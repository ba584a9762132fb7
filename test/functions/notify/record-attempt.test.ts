import type { AttemptResult } from "../../../lib/channels/attempt-delivery.ts";
import { createFlow, DELIVERED, jobIn, KEY } from "../steps-harness.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/**
 * The receive count after which SQS moves a message to the dead-letter queue without a reason (resources/queues.yml).
 */
const MAX_RECEIVE_COUNT = 1000;

const BUSY: AttemptResult = { ...DELIVERED, verdict: "retry", status: 503, reason: "server_error" };
const throttledFor = (afterSeconds: number | null): AttemptResult => ({
  ...BUSY,
  status: 429,
  reason: "throttled",
  spent: false,
  afterSeconds,
});

/** Ended watches, each with a notification for `audit` in the queue. */
async function ended(jobIds: readonly string[] = [KEY.jobId], settings = {}) {
  const flow = createFlow({ settings });
  flow.observation = jobIn("failed");
  for (const jobId of jobIds) {
    await flow.open({ jobId });
    await flow.poll(1, "m-1", flow.pollQueue, jobId);
  }
  const readRecord = (jobId = KEY.jobId) =>
    flow.memory.readDeliveryOrPendingRecord({
      ...KEY,
      jobId,
      generation: 0,
      event: "job.failed",
      target: "audit",
    });
  /**
   * Moves the clock forward until the queue is empty or the given time is reached. Returns the highest receive count of
   * a message.
   */
  const run = async (until: number): Promise<number> => {
    let receives = 0;
    for (let step = 0; step < 100_000; step += 1) {
      const next = Math.min(...flow.notifyQueue.state.messages.map(({ visibleAt }) => visibleAt));
      if (next >= until) return receives;
      flow.clock.now = Math.max(flow.clock.now, next);
      await flow.notify();
      receives = Math.max(
        receives,
        ...flow.notifyQueue.state.messages.map(({ receiveCount }) => receiveCount),
      );
    }
    throw new Error("the queue does not become empty");
  };
  return { flow, readRecord, run };
}

describe("a receiver that answers 429", () => {
  it("delays all notifications to the receiver for the requested time", async () => {
    const { flow, readRecord } = await ended();
    flow.attempted = BUSY;
    for (let spent = 0; spent < 7; spent += 1) {
      await flow.notify();
      flow.clock.now = (await readRecord()).nextAttemptAt ?? 0;
    }
    flow.attempted = throttledFor(1);
    await flow.notify();
    const { now } = flow.clock;
    expect((await readRecord()).nextAttemptAt).toBe(now + 12 * HOUR_MS);
    expect((await flow.memory.readTargetState("audit")).throttledUntil).toBe(now + 1000);

    flow.attempted = DELIVERED;
    await flow.open({ jobId: "job-2" });
    await flow.poll(1, "m-2", flow.pollQueue, "job-2");
    flow.clock.now += 1000;
    expect(await flow.notify()).toBe("acknowledged");
    expect(await readRecord("job-2")).toMatchObject({ state: "delivered" });
  });

  it("without a Retry-After header gets no notification for 30 seconds", async () => {
    const { flow, readRecord } = await ended();
    flow.attempted = throttledFor(null);
    await flow.notify();
    const until = flow.clock.now + 30_000;
    expect((await flow.memory.readTargetState("audit")).throttledUntil).toBe(until);
    expect((await readRecord()).nextAttemptAt).toBe(until);
  });

  it("gets longer waits after each consecutive 429, up to five minutes, until the receiver sends another status", async () => {
    const { flow, readRecord } = await ended();
    flow.attempted = throttledFor(1);
    const waits: number[] = [];
    const once = async () => {
      await flow.notify();
      const { nextAttemptAt } = await readRecord();
      waits.push(((nextAttemptAt ?? 0) - flow.clock.now) / 1000);
      flow.clock.now = nextAttemptAt ?? 0;
    };
    for (let i = 0; i < 10; i += 1) await once();
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 300, 300, 300, 300]);
    flow.attempted = BUSY;
    await once();
    flow.attempted = throttledFor(1);
    await once();
    expect(waits.slice(-2)).toEqual([5, 30]);
    expect(await readRecord()).toMatchObject({ attempts: 1 });
  });

  it.each([null, 0, 1, 7200])(
    "with a Retry-After of %p s for 22 hours is notified when it recovers, with one attempt counted",
    async (seconds) => {
      const { flow, readRecord, run } = await ended();
      const start = flow.clock.now;
      flow.attempted = throttledFor(seconds);
      const receives = await run(start + 22 * HOUR_MS);
      expect(await readRecord()).toMatchObject({ state: "pending", attempts: 0 });
      flow.attempted = DELIVERED;
      await run(Number.POSITIVE_INFINITY);
      expect(await readRecord()).toMatchObject({ state: "delivered", attempts: 1 });
      expect(receives).toBeLessThan(MAX_RECEIVE_COUNT / 2);
      expect(flow.clock.now - start).toBeLessThan(
        22 * HOUR_MS + Math.max(300, seconds ?? 0) * 1000 + MINUTE_MS,
      );
    },
  );

  it.each([null, 0, 1, 43_200])(
    "with a Retry-After of %p s for ever gets no attempt after a day; the notification is dead-lettered with the reason",
    async (seconds) => {
      const { flow, readRecord, run } = await ended();
      const start = flow.clock.now;
      flow.attempted = throttledFor(seconds);
      expect(await run(Number.POSITIVE_INFINITY)).toBeLessThan(MAX_RECEIVE_COUNT);
      expect(await readRecord()).toMatchObject({ state: "exhausted", attempts: 0, deadLettered: true });
      const attributes = { reason: "exhausted", detail: "throttled", target: "audit" };
      expect(flow.deadLetterQueue.state.messages).toMatchObject([{ attributes }]);
      expect(flow.clock.now - start).toBeGreaterThanOrEqual(24 * HOUR_MS);
      expect(flow.clock.now - start).toBeLessThan(37 * HOUR_MS);
    },
  );

  it("gets each of 40 notifications dead-lettered with a reason before SQS dead-letters the message without a reason", async () => {
    const jobIds = Array.from({ length: 40 }, (_, i) => `job-${i}`);
    const { flow, readRecord, run } = await ended(jobIds);
    flow.attempted = throttledFor(null);
    expect(await run(Number.POSITIVE_INFINITY)).toBeLessThan(MAX_RECEIVE_COUNT);
    for (const jobId of jobIds)
      expect(await readRecord(jobId)).toMatchObject({ state: "exhausted", attempts: 0, deadLettered: true });
  });
});

describe("a notification that has been received many times", () => {
  it("gets a last attempt although its target is throttled, and is then dead-lettered with the reason", async () => {
    const { flow, readRecord } = await ended();
    await flow.memory.throttleTargetUntilAtLeast("audit", flow.clock.now + HOUR_MS);
    const [delivery] = flow.notifyQueue.receive(1);
    if (delivery === undefined) throw new Error("no notification was sent");
    flow.attempted = throttledFor(null);
    expect(await flow.handle({ ...delivery, receiveCount: 900 })).toBe("acknowledged");
    expect(await readRecord()).toMatchObject({ state: "exhausted", deadLettered: true });
    expect(flow.deadLetterQueue.state.messages).toMatchObject([{ attributes: { detail: "throttled" } }]);
  });

  it.each([
    [30, 1],
    [100, 70],
    [899, 120],
  ])(
    "waits for the rate limit for at least this long after %d receives: %d s",
    async (receiveCount, seconds) => {
      const { flow, readRecord } = await ended();
      await flow.memory.throttleTargetUntilAtLeast("audit", flow.clock.now + 1000);
      const [delivery] = flow.notifyQueue.receive(1);
      if (delivery === undefined) throw new Error("no notification was sent");
      expect(await flow.handle({ ...delivery, receiveCount })).toBe("retry");
      expect((await readRecord()).nextAttemptAt).toBe(flow.clock.now + seconds * 1000);
    },
  );
});

describe("the report of an attempt", () => {
  it("counts the attempts that used a step of the retry schedule, and not the throttled attempts", async () => {
    const { flow, readRecord } = await ended();
    for (const result of [BUSY, throttledFor(1), DELIVERED]) {
      flow.attempted = result;
      await flow.notify();
      flow.clock.now = (await readRecord()).nextAttemptAt ?? 0;
    }
    expect(flow.recorded.attempts).toEqual([1, 1, 2]);
  });
});

describe("an attempt whose notification another message has taken over", () => {
  it("leaves its message in the queue, and neither postpones nor dead-letters the notification", async () => {
    const flow = createFlow({ ledger: { recordAttemptIfClaimed: async () => "superseded" } });
    await flow.open();
    flow.observation = jobIn("failed");
    await flow.poll(1);
    const [message] = flow.notifyQueue.receive(1);
    if (message === undefined) throw new Error("no notification was sent");
    for (const verdict of ["delivered", "retry", "rejected"] as const) {
      flow.attempted = { ...BUSY, verdict };
      flow.clock.now += MINUTE_MS;
      expect(await flow.handle(message)).toBe("retry");
    }
    expect(flow.recorded.posts).toHaveLength(3);
    expect(flow.deadLetterQueue.state.messages).toEqual([]);
  });
});

describe("a delivered notification", () => {
  it("writes nothing about a target that has not said that it is gone", async () => {
    const cleared: string[] = [];
    const flow = createFlow({ ledger: { clearTargetGone: async (name) => void cleared.push(name) } });
    await flow.open();
    flow.observation = jobIn("failed");
    await flow.poll(1);
    expect(await flow.notify()).toBe("acknowledged");
    expect(cleared).toEqual([]);
  });
});
