import { EARLY_MS, LEAD_MS, reserveSendTime } from "../../../functions/notify/reserve-send-time.ts";
import { createPendingDeliveryRecord } from "../../../lib/ledger/notification.ts";
import { T0 } from "../../simulation/draw-inputs.ts";
import { createFlow, jobIn, KEY } from "../steps-harness.ts";

describe("the first wait of the retry schedule", () => {
  it("delays the first attempt of a notification once", async () => {
    const flow = createFlow({ settings: { retry: { scheduleSeconds: [60, 5] } } });
    await flow.open();
    flow.observation = jobIn("failed");
    await flow.poll(1);
    expect(await flow.notify()).toBe("retry");
    expect(flow.recorded.posts).toEqual([]);
    const record = await flow.memory.readDeliveryOrPendingRecord({
      ...KEY,
      generation: 0,
      event: "job.failed",
      target: "audit",
    });
    expect(record).toMatchObject({ attempts: 0, nextAttemptAt: flow.clock.now + 60_000 });
    flow.clock.now += 60_000;
    expect(await flow.notify()).toBe("acknowledged");
    expect(flow.recorded.posts).toHaveLength(1);
  });

  it("does not delay a notification without a target", async () => {
    const flow = createFlow({ settings: { retry: { scheduleSeconds: [60, 5] } } });
    await flow.open({ targets: ["nobody"] });
    flow.observation = jobIn("failed");
    await flow.poll(1);
    expect(await flow.notify()).toBe("acknowledged");
    expect(flow.deadLetterQueue.state.messages).toMatchObject([{ attributes: { detail: "target_unknown" } }]);
  });
});

describe("the rate limit of a target", () => {
  const INTERVAL_MS = 1070;

  /** Returns a flow in which the Slack target `deploys` gets the notification of each job. */
  async function burstOf(jobIds: readonly string[]) {
    const flow = createFlow();
    flow.observation = jobIn("failed");
    const sentAt: number[] = [];
    flow.whileDelivering = () => sentAt.push(flow.clock.now);
    for (const jobId of jobIds) {
      await flow.open({ jobId, targets: ["deploys"] });
      await flow.poll(1, `m-${jobId}`, undefined, jobId);
    }
    /** Handles each message when the queue shows the message, until the queue is empty. */
    async function deliverAll(): Promise<void> {
      while (flow.notifyQueue.state.messages.length > 0) {
        const visibleAt = Math.min(...flow.notifyQueue.state.messages.map((message) => message.visibleAt));
        flow.clock.now = Math.max(flow.clock.now, visibleAt);
        await flow.notify();
      }
    }
    return { flow, sentAt, deliverAll };
  }

  it("sends sixty notifications one interval apart, although SQS delays messages by whole seconds", async () => {
    const { flow, sentAt, deliverAll } = await burstOf(Array.from({ length: 60 }, (_, i) => `job-${i}`));
    const startedAt = flow.clock.now + LEAD_MS;
    await deliverAll();
    expect(sentAt).toEqual(Array.from({ length: 60 }, (_, i) => startedAt + i * INTERVAL_MS));
  });

  it("keeps a notification in the function for a short wait", async () => {
    const { flow, sentAt } = await burstOf(["job-1", "job-2"]);
    const startedAt = flow.clock.now + LEAD_MS;
    expect([await flow.notify(), await flow.notify()]).toEqual(["acknowledged", "acknowledged"]);
    expect(sentAt).toEqual([startedAt, startedAt + INTERVAL_MS]);
  });

  it("uses the reserved time of a notification whose message arrives exactly at this time", async () => {
    const { flow, sentAt } = await burstOf(["job-1"]);
    await flow.memory.reserveRequestTime("deploys", flow.clock.now + 9000, 1000);
    expect(await flow.notify()).toBe("retry");
    const { requestAt } = await flow.memory.readDeliveryOrPendingRecord({
      ...KEY,
      generation: 0,
      event: "job.failed",
      target: "deploys",
    });
    flow.clock.now = requestAt ?? 0;
    expect(await flow.notify()).toBe("acknowledged");
    expect(sentAt).toEqual([requestAt]);
  });

  it.each([
    [100, "acknowledged"],
    [101, "retry"],
  ])("with %d ms left of the wait after an HTTP 429 response: the message is %s", async (ms, disposition) => {
    const { flow } = await burstOf(["job-1"]);
    await flow.memory.throttleTargetUntilAtLeast("deploys", flow.clock.now + ms);
    expect(await flow.notify()).toBe(disposition);
  });

  it("reserves a new time for a notification that missed its reserved time", async () => {
    const { flow, sentAt } = await burstOf(["job-1"]);
    const startedAt = flow.clock.now;
    await flow.memory.reserveRequestTime("deploys", startedAt + 9000, 1000);
    expect(await flow.notify()).toBe("retry");
    flow.clock.now = startedAt + 10_001;
    expect(await flow.notify()).toBe("acknowledged");
    expect(sentAt).toEqual([startedAt + 10_000 + INTERVAL_MS]);
  });
});

describe("the decision about one request", () => {
  /** Decides about a request to the target whose rate limit has reserved the time `requestAt`. */
  async function decide(name: string, requestAt: number | null) {
    const { config, memory, clock } = createFlow();
    const target = config.targets[name];
    if (target === undefined) throw new Error(`the config has no target ${name}`);
    const ports = { ledger: memory, settings: config.settings, random: () => 0.5, now: () => clock.now };
    const record = { ...createPendingDeliveryRecord(name), requestAt };
    const { now } = clock;
    return { now, decision: await reserveSendTime(name, target, record, 0, ports) };
  }

  it("acquires the current time for a channel without a rate limit", async () => {
    const { now, decision } = await decide("audit", null);
    expect(decision).toEqual({ kind: "acquired", requestAt: now });
  });

  it.each([
    [EARLY_MS, { kind: "acquired" }],
    [EARLY_MS + 1, { kind: "postpone", until: T0 + 1 }],
  ])("about a reserved time in %d ms is %j", async (ms, expected) => {
    const { decision } = await decide("deploys", T0 + ms);
    expect(decision).toEqual({ ...expected, requestAt: T0 + ms });
  });
});
