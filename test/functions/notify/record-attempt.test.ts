import type { AttemptResult } from "../../../lib/channels/deliver.ts";
import { createFlow, DELIVERED, jobIn, KEY } from "../steps-harness.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** As resources/queues.yml sets it: after so many receipts SQS takes a message away, without a reason. */
const MAX_RECEIVE_COUNT = 1000;

const BUSY: AttemptResult = { ...DELIVERED, verdict: "retry", status: 503, reason: "server_error" };
const throttledFor = (afterSeconds: number | null): AttemptResult => ({
  ...BUSY,
  status: 429,
  reason: "throttled",
  spent: false,
  afterSeconds,
});

/** Watches that have ended, with a notification for `audit` of each in the queue. */
async function ended(jobIds: readonly string[] = [KEY.jobId], settings = {}) {
  const flow = createFlow({ settings });
  flow.observation = jobIn("failed");
  for (const jobId of jobIds) {
    await flow.open({ jobId });
    await flow.poll(1, "m-1", flow.pollQueue, jobId);
  }
  const standing = (jobId = KEY.jobId) =>
    flow.memory.readDelivery({ ...KEY, jobId, generation: 0, target: "audit" });
  /** Lets the queue's clock run until nothing is left in it, or until then; answers the most receipts of a message. */
  const run = async (until: number): Promise<number> => {
    let receipts = 0;
    for (;;) {
      const next = Math.min(...flow.notifyQueue.state.messages.map(({ visibleAt }) => visibleAt));
      if (next >= until) return receipts;
      flow.clock.now = Math.max(flow.clock.now, next);
      await flow.notify();
      receipts = Math.max(
        receipts,
        ...flow.notifyQueue.state.messages.map(({ receiveCount }) => receiveCount),
      );
    }
  };
  return { flow, standing, run };
}

describe("a receiver that throttles", () => {
  it("holds its other notifications for what it asked, and not for the schedule of the one it answered", async () => {
    const { flow, standing } = await ended();
    flow.attempted = BUSY;
    for (let spent = 0; spent < 7; spent += 1) {
      await flow.notify();
      flow.clock.now = (await standing()).nextAttemptAt ?? 0;
    }
    flow.attempted = throttledFor(1);
    await flow.notify();
    const { now } = flow.clock;
    expect((await standing()).nextAttemptAt).toBe(now + 12 * HOUR_MS);
    expect((await flow.memory.readTarget("audit")).throttledUntil).toBe(now + 1000);

    flow.attempted = DELIVERED;
    await flow.open({ jobId: "job-2" });
    await flow.poll(1, "m-2", flow.pollQueue, "job-2");
    flow.clock.now += 1000;
    expect(await flow.notify()).toBe("acknowledged");
    expect(await standing("job-2")).toMatchObject({ state: "delivered" });
  });

  it("and names no wait is left alone for half a minute, by all of its notifications", async () => {
    const { flow, standing } = await ended();
    flow.attempted = throttledFor(null);
    await flow.notify();
    const until = flow.clock.now + 30_000;
    expect((await flow.memory.readTarget("audit")).throttledUntil).toBe(until);
    expect((await standing()).nextAttemptAt).toBe(until);
  });

  it("again and again is asked ever less often, up to every five minutes, and then begins anew", async () => {
    const { flow, standing } = await ended();
    flow.attempted = throttledFor(1);
    const waits: number[] = [];
    const once = async () => {
      await flow.notify();
      const { nextAttemptAt } = await standing();
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
    expect(await standing()).toMatchObject({ attempts: 1 });
  });

  it.each([null, 0, 1, 7200])(
    "for a day, asking for %p s, and recovers then, is told: no attempt was spent",
    async (seconds) => {
      const { flow, standing, run } = await ended();
      const start = flow.clock.now;
      flow.attempted = throttledFor(seconds);
      const receipts = await run(start + 22 * HOUR_MS);
      expect(await standing()).toMatchObject({ state: "pending", attempts: 0 });
      flow.attempted = DELIVERED;
      await run(Number.POSITIVE_INFINITY);
      expect(await standing()).toMatchObject({ state: "delivered", attempts: 1 });
      expect(receipts).toBeLessThan(MAX_RECEIVE_COUNT / 2);
      expect(flow.clock.now - start).toBeLessThan(
        22 * HOUR_MS + Math.max(300, seconds ?? 0) * 1000 + MINUTE_MS,
      );
    },
  );

  it.each([null, 0, 1, 43_200])(
    "for ever, asking for %p s, ends its notification after a day in the dead-letter queue, with the reason",
    async (seconds) => {
      const { flow, standing, run } = await ended();
      const start = flow.clock.now;
      flow.attempted = throttledFor(seconds);
      expect(await run(Number.POSITIVE_INFINITY)).toBeLessThan(MAX_RECEIVE_COUNT);
      expect(await standing()).toMatchObject({ state: "exhausted", attempts: 0, deadLettered: true });
      const attributes = { reason: "exhausted", detail: "throttled", target: "audit" };
      expect(flow.deadLetterQueue.state.messages).toMatchObject([{ attributes }]);
      expect(flow.clock.now - start).toBeGreaterThanOrEqual(24 * HOUR_MS);
      expect(flow.clock.now - start).toBeLessThan(37 * HOUR_MS);
    },
  );

  it("a crowd of notifications takes each of them away with a reason, before SQS does without one", async () => {
    const jobIds = Array.from({ length: 40 }, (_, i) => `job-${i}`);
    const { flow, standing, run } = await ended(jobIds);
    flow.attempted = throttledFor(null);
    expect(await run(Number.POSITIVE_INFINITY)).toBeLessThan(MAX_RECEIVE_COUNT);
    for (const jobId of jobIds)
      expect(await standing(jobId)).toMatchObject({ state: "exhausted", attempts: 0, deadLettered: true });
  });
});

describe("a notification that has come back too often", () => {
  it("is attempted once more, though its target is held, and then deadLettered with what the receiver said", async () => {
    const { flow, standing } = await ended();
    await flow.memory.throttleTarget("audit", flow.clock.now + HOUR_MS);
    const [delivery] = flow.notifyQueue.receive(1);
    if (delivery === undefined) throw new Error("no notification was sent");
    flow.attempted = throttledFor(null);
    expect(await flow.handle({ ...delivery, receiveCount: 900 })).toBe("acknowledged");
    expect(await standing()).toMatchObject({ state: "exhausted", deadLettered: true });
    expect(flow.deadLetterQueue.state.messages).toMatchObject([{ attributes: { detail: "throttled" } }]);
  });

  it.each([
    [30, 1],
    [100, 70],
    [899, 120],
  ])(
    "after %d receipts waits %d s or more for its turn, so that its receipts last for a day",
    async (receiveCount, seconds) => {
      const { flow, standing } = await ended();
      await flow.memory.throttleTarget("audit", flow.clock.now + 1000);
      const [delivery] = flow.notifyQueue.receive(1);
      if (delivery === undefined) throw new Error("no notification was sent");
      expect(await flow.handle({ ...delivery, receiveCount })).toBe("retry");
      expect((await standing()).nextAttemptAt).toBe(flow.clock.now + seconds * 1000);
    },
  );
});
