import { createPendingDeliveryRecord, type DeliveryRecord } from "../../../lib/ledger/notification.ts";
import {
  isDeliveredOrDeadLettered,
  listDeliveries,
  notificationOverdueAt,
  pollOverdueAt,
  SlowRecord,
} from "../../../lib/ledger/watch-deliveries-and-overdue-times.ts";
import { firstGeneration, newWatch, SLOW, T0 } from "./samples.ts";

const FOUR_MINUTES_MS = 240_000;
const record = (changes: Partial<DeliveryRecord>): DeliveryRecord => ({
  ...createPendingDeliveryRecord("chat"),
  ...changes,
});

describe("an undelivered notification", () => {
  it("is overdue four minutes after its next attempt, or else after its message was sent", () => {
    const planned = record({ nextAttemptAt: T0 + 5 });
    expect(notificationOverdueAt(planned, T0)).toBe(T0 + 5 + FOUR_MINUTES_MS);
    expect(notificationOverdueAt(record({}), T0)).toBe(T0 + FOUR_MINUTES_MS);
    expect(notificationOverdueAt(null, T0)).toBe(T0 + FOUR_MINUTES_MS);
  });

  it.each([
    ["that was never claimed", null, false],
    ["that is pending", record({}), false],
    ["that is pending and dead-lettered", record({ deadLettered: true }), false],
    ["that was delivered", record({ state: "delivered" }), true],
    ["that failed", record({ state: "exhausted" }), false],
    ["that failed and is dead-lettered", record({ state: "exhausted", deadLettered: true }), true],
  ])("%s is final or not", (_, delivery, expected) => {
    expect(isDeliveredOrDeadLettered(delivery)).toBe(expected);
  });
});

test("a poll is overdue half a minute after its planned time, so that a cold start and a slow queue are no fault", () => {
  expect(pollOverdueAt(T0)).toBe(T0 + 30_000);
});

describe("the deliveries of a watch", () => {
  const watch = { ...firstGeneration(newWatch()), targets: ["b", "a"] };
  const keysOf = (state: "watching" | "stopped" | "failed", slow: SlowRecord | null = null) => {
    const read: string[] = [];
    const deliveries = listDeliveries(
      { ...watch, state },
      { a: 3 },
      slow,
      ({ event, target, generation }) => {
        read.push(`${event} ${target} ${generation}`);
        return target === "b" ? record({ target: "b", attempts: 2 }) : null;
      },
    );
    return { read, deliveries: deliveries.map(({ event, target, attempts }) => [event, target, attempts]) };
  };

  it("are pending and not read until the watch has an outcome", () => {
    for (const state of ["watching", "stopped"] as const)
      expect(keysOf(state)).toEqual({
        read: [],
        deliveries: [
          [null, "b", 0],
          [null, "a", 0],
        ],
      });
  });

  it("have the event of the outcome, and then the event of the slow job", () => {
    expect(keysOf("failed", { ...SLOW, targets: ["b"], generations: { b: 2 } })).toEqual({
      read: ["job.failed b 0", "job.failed a 3", "job.slow b 2"],
      deliveries: [
        ["job.failed", "b", 2],
        ["job.failed", "a", 0],
        ["job.slow", "b", 2],
      ],
    });
  });

  it("of a slow job are read from a stored record", () => {
    expect(SlowRecord.parse(JSON.parse(JSON.stringify(SLOW)))).toEqual(SLOW);
    expect(SlowRecord.safeParse({ ...SLOW, targets: [1] }).success).toBe(false);
  });
});
