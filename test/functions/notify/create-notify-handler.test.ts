import { jest } from "@jest/globals";
import { EARLY_MS } from "../../../functions/notify/reserve-send-time.ts";
import type { AttemptResult } from "../../../lib/channels/attempt-delivery.ts";
import { parseWholeConfig } from "../../../lib/config/parse-whole-config.ts";
import { T0, TARGETS } from "../../simulation/draw-inputs.ts";
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

/** An ended watch, with a notification for each of its targets in the queue. */
async function ended(targets: readonly string[] = ["audit"], settings = {}) {
  const flow = createFlow({ settings });
  await flow.open({ targets });
  flow.observation = jobIn("failed");
  await flow.poll(1);
  const readRecord = async (target = "audit") =>
    flow.memory.readDeliveryOrPendingRecord({ ...KEY, generation: 0, event: "job.failed", target });
  return { flow, readRecord };
}

/** Returns the config of the simulation with one more webhook target. */
function configWithTarget(name: string) {
  const parsed = parseWholeConfig({ projects: {}, targets: { ...TARGETS, [name]: TARGETS.audit } });
  if (parsed.kind === "faults") throw new Error(parsed.faults.join("; "));
  return parsed.config;
}

/** Returns a second message with the body of the first message in the notify queue. */
function copyOfMessage({ notifyQueue }: ReturnType<typeof createFlow>) {
  const body = notifyQueue.state.messages[0]?.body ?? "";
  return { messageId: "copy-1", receiptHandle: "copy-1/1", body, receiveCount: 1 };
}

describe("a notification", () => {
  it("is delivered once and recorded", async () => {
    const { flow, readRecord } = await ended();
    expect(await flow.notify()).toBe("acknowledged");
    expect(await readRecord()).toMatchObject({ state: "delivered", attempts: 1 });
    expect(flow.recorded.posts).toHaveLength(1);
    expect(bodiesOf(flow.notifyQueue)).toEqual([]);
  });

  it("is dead-lettered without an attempt when its last attempt was started 50 times and never finished", async () => {
    const { flow, readRecord } = await ended();
    const [message] = flow.notifyQueue.receive(1);
    if (message === undefined) throw new Error("the queue returned no message");
    expect(await flow.handle({ ...message, receiveCount: 950 })).toBe("acknowledged");
    expect(flow.recorded.posts).toEqual([]);
    expect(await readRecord()).toMatchObject({ state: "exhausted", attempts: 1, deadLettered: true });
    const attributes = { reason: "exhausted", detail: "unfinished", target: "audit" };
    expect(flow.deadLetterQueue.state.messages).toMatchObject([{ attributes }]);
  });

  it("is delivered once when its message arrives twice", async () => {
    const { flow } = await ended();
    const [body] = flow.notifyQueue.state.messages;
    await flow.notifyQueue.send([{ id: "again", body: body?.body ?? "", delaySeconds: 0 }]);
    expect([await flow.notify(), await flow.notify()]).toEqual(["acknowledged", "acknowledged"]);
    expect(flow.recorded.posts).toHaveLength(1);
  });

  it("stays invisible in the queue between attempts and keeps its webhook ID", async () => {
    const { flow, readRecord } = await ended();
    flow.attempted = RETRY;
    expect(await flow.notify()).toBe("retry");
    expect(await readRecord()).toMatchObject({
      state: "pending",
      attempts: 1,
      nextAttemptAt: flow.clock.now + 5_000,
    });
    expect(await flow.notify()).toBe("nothing");
    flow.clock.now += 5_000;
    flow.attempted = DELIVERED;
    expect(await flow.notify()).toBe("acknowledged");
    expect(new Set(flow.recorded.posts).size).toBe(1);
    expect(await readRecord()).toMatchObject({ state: "delivered", attempts: 2 });
  });

  it("uses no step of the retry schedule after a 429, and delays other notifications to the target", async () => {
    const { flow, readRecord } = await ended();
    flow.attempted = THROTTLED;
    expect(await flow.notify()).toBe("retry");
    expect(await readRecord()).toMatchObject({ state: "pending", attempts: 0 });
    expect((await flow.memory.readTargetState("audit")).throttledUntil).toBe(flow.clock.now + 900_000);
  });

  it("goes to the dead-letter queue with the reason after the last attempt of the schedule", async () => {
    const { flow, readRecord } = await ended(["audit"], { retry: { scheduleSeconds: [0, 1] } });
    flow.attempted = RETRY;
    await flow.notify();
    flow.clock.now += 2_000;
    expect(await flow.notify()).toBe("acknowledged");
    expect(await readRecord()).toMatchObject({ state: "exhausted", attempts: 2, deadLettered: true });
    const attributes = { reason: "exhausted", detail: "server_error", target: "audit" };
    expect(flow.deadLetterQueue.state.messages).toMatchObject([{ attributes }]);
  });

  it("is dead-lettered at once after a rejection", async () => {
    const { flow, readRecord } = await ended();
    flow.attempted = REJECTED;
    expect(await flow.notify()).toBe("acknowledged");
    expect(await readRecord()).toMatchObject({ state: "rejected", deadLettered: true });
  });

  it("is marked as dead-lettered only after the dead-letter queue has accepted the message", async () => {
    const { flow, readRecord } = await ended();
    flow.attempted = REJECTED;
    const sending = jest.spyOn(flow.deadLetterQueue, "send").mockRejectedValueOnce(new Error("no answer"));
    await expect(flow.notify()).rejects.toThrow("no answer");
    expect(sending).toHaveBeenCalledTimes(1);
    expect(await readRecord()).toMatchObject({ state: "rejected", deadLettered: false });
    flow.clock.now += 180_000;
    expect(await flow.notify()).toBe("acknowledged");
    expect(await readRecord()).toMatchObject({ state: "rejected", deadLettered: true });
    expect(flow.deadLetterQueue.state.messages).toMatchObject([{ attributes: { reason: "rejected" } }]);
    expect(flow.recorded.posts).toHaveLength(1);
  });

  it("may be sent to the private addresses that the config allows", async () => {
    const allow = ["10.0.0.0/8"];
    const { flow } = await ended(["audit"], { egress: { allow } });
    await flow.notify();
    expect(flow.recorded.requests.map((request) => request.allow)).toEqual([allow]);
  });

  it("is not sent to a target that is off", async () => {
    const { flow, readRecord } = await ended();
    await flow.memory.switchTargetOff("audit", 1);
    expect(await flow.notify()).toBe("acknowledged");
    expect(flow.recorded.posts).toEqual([]);
    expect(await readRecord()).toMatchObject({ state: "gone", deadLettered: true });
  });

  it("is dead-lettered when the config has no such target", async () => {
    const { flow, readRecord } = await ended(["nobody"]);
    await flow.notify();
    expect(await readRecord("nobody")).toMatchObject({ state: "rejected", deadLettered: true });
    expect(flow.deadLetterQueue.state.messages).toMatchObject([{ attributes: { detail: "target_unknown" } }]);
  });

  it("is delivered when only the newest config has its target", async () => {
    const { flow } = await ended(["added"]);
    flow.refreshedConfig = configWithTarget("added");
    expect(await flow.notify()).toBe("acknowledged");
    expect(flow.recorded.posts).toHaveLength(1);
  });

  it("is dead-lettered as unknown when the ledger has no outcome of its watch", async () => {
    const { flow } = await ended();
    const [sent] = flow.notifyQueue.state.messages;
    const body = (sent?.body ?? "").replace('"watchGeneration":0', '"watchGeneration":7');
    expect(body).not.toBe(sent?.body);
    expect(await flow.handle({ messageId: "n-9", receiptHandle: "n-9/1", body, receiveCount: 1 })).toBe(
      "acknowledged",
    );
    expect(flow.recorded.posts).toEqual([]);
    const detail = "the ledger contains no outcome or digest for the message";
    expect(flow.deadLetterQueue.state.messages).toMatchObject([
      { attributes: { reason: "unknown", detail } },
    ]);
    expect(flow.recorded.unreadable).toEqual(["unknown"]);
  });

  it("is dead-lettered as malformed when its message is not JSON", async () => {
    const { flow } = await ended();
    const received = { messageId: "n-9", receiptHandle: "n-9/1", body: "{", receiveCount: 1 };
    expect(await flow.handle(received)).toBe("acknowledged");
    expect(flow.deadLetterQueue.state.messages).toMatchObject([{ attributes: { reason: "malformed" } }]);
  });

  it("is dead-lettered without a new attempt when its message arrives again after a failure", async () => {
    const { flow } = await ended();
    const lease = { redelivery: 0, messageId: "notify-1" };
    const key = { ...KEY, generation: 0, event: "job.failed", target: "audit" };
    const now = flow.clock.now;
    await flow.memory.claimNotification({ key, ...lease, now, leaseMs: 35_000, expiresAt: now * 2 });
    const attempt = { at: now, verdict: "rejected", status: 400, durationMs: 1, answer: "" } as const;
    await flow.memory.recordAttemptIfClaimed({
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

  it.each([-600_000, 6_000])(
    "is not attempted by an instance that has %d ms left after the claim",
    async (remainingMs) => {
      const flow = createFlow({
        ledger: {
          async readTargetState(name) {
            flow.remainingMs = remainingMs;
            return flow.memory.readTargetState(name);
          },
        },
      });
      await flow.open();
      flow.observation = jobIn("failed");
      await flow.poll(1);
      expect(await flow.notify()).toBe("retry");
      expect(flow.recorded.posts).toEqual([]);
      expect(
        await flow.memory.readDeliveryOrPendingRecord({
          ...KEY,
          generation: 0,
          event: "job.failed",
          target: "audit",
        }),
      ).toMatchObject({
        state: "pending",
      });
    },
  );

  it("is not attempted by a process that stops, and the next process can make the attempt at once", async () => {
    const { flow, readRecord } = await ended();
    flow.isStopping = true;
    expect(await flow.notify()).toBe("retry");
    expect(flow.recorded.posts).toEqual([]);
    expect(await readRecord()).toMatchObject({ state: "pending", attempts: 0 });
    flow.isStopping = false;
    expect(await flow.notify()).toBe("acknowledged");
    expect(await readRecord()).toMatchObject({ state: "delivered", attempts: 1 });
  });

  it("stays in the queue when there is too little time for an attempt", async () => {
    const { flow } = await ended();
    flow.remainingMs = 6_000;
    expect(await flow.notify()).toBe("retry");
    expect(flow.recorded.posts).toEqual([]);
  });

  it("is not claimed by a message that has too little time for an attempt", async () => {
    const { flow } = await ended();
    const copy = copyOfMessage(flow);
    flow.remainingMs = 6_000;
    expect(await flow.notify()).toBe("retry");
    flow.remainingMs = 28_000;
    expect(await flow.handle(copy)).toBe("acknowledged");
    expect(flow.recorded.posts).toHaveLength(1);
  });

  it("waits in the message that has claimed it, and a copy of the message is acknowledged", async () => {
    const { flow } = await ended();
    const copy = copyOfMessage(flow);
    const key = { ...KEY, generation: 0, event: "job.failed", target: "audit" };
    const now = flow.clock.now;
    const claim = { key, redelivery: 0, messageId: "notify-1", now, leaseMs: 35_000, expiresAt: now * 2 };
    await flow.memory.claimNotification(claim);
    expect([await flow.notify(), await flow.handle(copy)]).toEqual(["retry", "acknowledged"]);
    expect(flow.notifyQueue.state.messages).toMatchObject([{ visibleAt: now + 180_000 }]);
    expect(flow.recorded.posts).toEqual([]);
    expect(flow.deadLetterQueue.state.messages).toEqual([]);
  });

  it("stays invisible until its next attempt when its message arrives early", async () => {
    const { flow, readRecord } = await ended();
    const [message] = flow.notifyQueue.receive(1);
    if (message === undefined) throw new Error("the queue returned no message");
    flow.attempted = RETRY;
    await flow.handle(message);
    const { nextAttemptAt } = await readRecord();
    await flow.notifyQueue.changeVisibility(message.receiptHandle, 1);
    expect(await flow.handle(message)).toBe("retry");
    expect(flow.recorded.posts).toHaveLength(1);
    expect(flow.notifyQueue.state.messages).toMatchObject([{ visibleAt: nextAttemptAt }]);
  });

  it("reports how long after the end of the job its first attempt was made, and no other attempt", async () => {
    const { flow } = await ended();
    const jobEndedAt = T0 + 60_000;
    flow.clock.now = jobEndedAt + 7_500;
    flow.attempted = RETRY;
    await flow.notify();
    flow.clock.now += 60_000;
    flow.attempted = DELIVERED;
    await flow.notify();
    expect(flow.recorded.lateness).toEqual([7.5, null]);
  });

  it.each([
    ["succeeded", [60]],
    ["failed", [60]],
    ["timed_out", [null]],
  ] as const)("of a job that %s reports this lateness: %j", async (outcome, lateness) => {
    const flow = createFlow();
    await flow.open({ deadlineAt: T0 + 120_000 });
    flow.observation = jobIn(outcome === "timed_out" ? "pending" : outcome);
    flow.clock.now = T0 + 120_000;
    await flow.poll(1);
    expect(flow.recorded.concluded).toMatchObject([{ outcome, updatedAt: T0 + 60_000 }]);
    await flow.notify();
    expect(flow.recorded.lateness).toEqual(lateness);
  });

  it("of a job that ended in the future of this clock reports the lateness 0", async () => {
    const { flow } = await ended();
    await flow.notify();
    expect(flow.recorded.lateness).toEqual([0]);
  });

  it("of a job whose end CCE does not give, and a redelivery, report no lateness", async () => {
    const flow = createFlow();
    await flow.open();
    const observation = jobIn("failed");
    if (observation.kind !== "job") throw new Error("the observation has no job");
    flow.observation = { ...observation, job: { ...observation.job, updatedAt: null } };
    await flow.poll(1);
    await flow.notify();
    expect(flow.recorded.lateness).toEqual([null]);

    const { flow: other } = await ended();
    const key = { ...KEY, generation: 0, event: "job.failed", target: "audit" };
    await other.memory.startRedeliveryIfLatestIs(key, 0, T0 * 2);
    const { body, ...copy } = copyOfMessage(other);
    const redelivered = body.replace('"redelivery":0', '"redelivery":1');
    expect(await other.handle({ ...copy, body: redelivered })).toBe("acknowledged");
    expect(other.recorded.lateness).toEqual([null]);
  });

  it("waits for the rate limit of its target", async () => {
    const { flow } = await ended(["deploys"]);
    const requestAt = flow.clock.now + 20_000;
    await flow.memory.reserveRequestTime("deploys", requestAt - 1000, 1000);
    expect(await flow.notify()).toBe("retry");
    expect(flow.recorded.posts).toEqual([]);
    flow.clock.now = requestAt - EARLY_MS + 500;
    expect(await flow.notify()).toBe("acknowledged");
    expect(flow.recorded.posts).toHaveLength(1);
    expect(flow.clock.now).toBe(requestAt);
  });
});
