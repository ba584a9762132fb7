import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { AttemptResult } from "../../../lib/channels/attempt-delivery.ts";
import {
  NOTIFICATION_LEASE_MS,
  POLL_LEASE_MS,
  VISIBILITY_TIMEOUT_SECONDS,
} from "../../../lib/domain/sqs-limits-and-leases.ts";
import { createFlow, DELIVERED, jobIn, KEY } from "../steps-harness.ts";

const BUSY: AttemptResult = { ...DELIVERED, verdict: "retry", status: 503, reason: "server_error" };

describe("a response with a Retry-After header", () => {
  it.each([
    ["delays only its own notification after HTTP 503", { afterSeconds: 600, spent: true }, 0],
    ["delays all notifications to the target after HTTP 429", { afterSeconds: 600, spent: false }, 600_000],
  ])("%s", async (_, changes, throttledMs) => {
    const flow = createFlow();
    await flow.open();
    flow.observation = jobIn("failed");
    await flow.poll(1);
    flow.attempted = { ...BUSY, ...changes };
    await flow.notify();
    const { throttledUntil } = await flow.memory.readTargetState("audit");
    expect(throttledUntil).toBe(throttledMs === 0 ? 0 : flow.clock.now + throttledMs);
  });
});

describe("a notification to a target that is switched off", () => {
  it("does not switch the target off again if somebody has switched the target on meanwhile", async () => {
    const flow = createFlow({
      ledger: {
        async recordAttemptIfClaimed(record) {
          await flow.memory.switchTargetOn("audit");
          return flow.memory.recordAttemptIfClaimed(record);
        },
      },
    });
    await flow.open();
    flow.observation = jobIn("failed");
    await flow.poll(1);
    await flow.memory.switchTargetOff("audit", flow.clock.now);
    expect(await flow.notify()).toBe("acknowledged");
    expect(flow.recorded.posts).toEqual([]);
    expect((await flow.memory.readTargetState("audit")).offSince).toBeNull();
    expect(flow.recorded.acts).toEqual([]);
  });
});

describe("the webhook ID", () => {
  it("is another one for each generation of a watch, and the same for each attempt", async () => {
    const flow = createFlow();
    flow.attempted = BUSY;
    flow.observation = jobIn("failed");
    await flow.open();
    await flow.poll(1);
    await flow.notify();
    flow.clock.now += 60_000;
    await flow.notify();
    const message = {
      v: 1,
      kind: "notification",
      ...KEY,
      watchGeneration: 0,
      generation: 1,
      target: "audit",
      outcome: "failed",
      redelivery: 0,
    };
    const received = {
      messageId: "n-9",
      receiptHandle: "h-9",
      body: JSON.stringify(message),
      receiveCount: 1,
    };
    await flow.notifyQueue.send([{ id: "n-9", body: received.body, delaySeconds: 0 }]);
    const other = flow.notifyQueue.receive(10).find(({ body }) => body === received.body);
    if (other === undefined) throw new Error("the queue has no message of the next generation");
    await flow.handle(other);
    const [first, repeated, next] = flow.recorded.posts;
    expect(repeated).toBe(first);
    expect(next).not.toBe(first);
  });
});

test.each([
  ["poll", POLL_LEASE_MS],
  ["notify", NOTIFICATION_LEASE_MS],
])(
  "the lease of the %s function is longer than its time limit and shorter than the visibility timeout",
  (name, leaseMs) => {
    const { functions, provider } = parse(readFileSync("serverless.yml", "utf8"), { logLevel: "error" });
    expect(leaseMs).toBeGreaterThan((functions[name].timeout ?? provider.timeout) * 1000);
    expect(leaseMs).toBeLessThan(VISIBILITY_TIMEOUT_SECONDS * 1000);
  },
);
