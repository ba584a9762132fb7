import {
  createSweepHandler,
  logAndCountSweep,
  logSweepFailure,
} from "../../../functions/sweep/create-sweep-handler.ts";
import { POLL_LEASE_MS } from "../../../lib/domain/sqs-limits-and-leases.ts";
import type { Ledger } from "../../../lib/ledger/ledger.ts";
import { publishMetrics } from "../../../lib/runtime/metrics.ts";
import { captured } from "../../lib/runtime/captured.ts";
import { T0 } from "../../simulation/draw-inputs.ts";
import { capturedLog } from "../captured-log.ts";
import { bodiesOf, createFlow, jobIn, KEY } from "../steps-harness.ts";

const MINUTE_MS = 60_000;
const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

const refuse = () => Promise.reject(new Error("throttled"));

/** The ledger cannot read a watch whose job ID starts with "poison". */
function withPoison(ledger: Partial<Ledger> = {}) {
  const flow = createFlow({
    ledger: {
      readWatchDocumentOrNull: (key) =>
        key.jobId.startsWith("poison") ? refuse() : flow.memory.readWatchDocumentOrNull(key),
      ...ledger,
    },
  });
  return flow;
}

describe("a run of the sweep", () => {
  it("sends the lost poll of every watch again, once per run", async () => {
    const flow = createFlow();
    const jobIds = ["job-1", "job-2", "job-3"];
    for (const jobId of jobIds) await flow.open({ jobId });
    flow.pollQueue.purge();
    flow.clock.now += MINUTE_MS;
    expect(await flow.sweep()).toEqual({ polls: 3, notifications: 0, stuck: 0, failed: 0, finished: true });
    expect(await flow.sweep()).toMatchObject({ polls: 0 });
    expect(bodiesOf(flow.pollQueue)).toMatchObject(jobIds.map((jobId) => ({ jobId, poll: 1 })));
  });

  it("sends the lost polls of all callers of a job again", async () => {
    const flow = createFlow();
    const callers = [KEY.caller, "token:other"];
    for (const caller of callers) await flow.open({ caller });
    flow.pollQueue.purge();
    flow.clock.now += MINUTE_MS;
    expect(await flow.sweep()).toMatchObject({ polls: 2, failed: 0, finished: true });
    expect(bodiesOf(flow.pollQueue)).toMatchObject(callers.map((caller) => ({ caller, poll: 1 })));
  });

  it("reports each watch whose messages were sent again, with its trace context", async () => {
    const flow = createFlow();
    await flow.open({ traceparent: TRACEPARENT });
    flow.clock.now += MINUTE_MS;
    await flow.sweep();
    expect(flow.recorded.sentAgain).toMatchObject([
      { ...KEY, polls: 1, notifications: 0, traceparent: TRACEPARENT },
    ]);
    expect(bodiesOf(flow.pollQueue)).toMatchObject([{ traceparent: TRACEPARENT }]);
    flow.observation = jobIn("failed");
    await flow.poll(1);
    flow.notifyQueue.purge();
    flow.clock.now += 10 * MINUTE_MS;
    await flow.sweep();
    expect(bodiesOf(flow.notifyQueue)).toMatchObject([{ traceparent: TRACEPARENT }]);
  });

  it("reports the trace context of a watch for which it failed", async () => {
    const flow = createFlow();
    await flow.open({ traceparent: TRACEPARENT });
    flow.clock.now += MINUTE_MS;
    flow.pollQueue.send = refuse;
    await flow.sweep();
    expect(flow.recorded.failures).toEqual([{ ...KEY, traceparent: TRACEPARENT }]);
  });

  it("sends the next poll after a poll that is done, and the same poll again after a poll that is not done", async () => {
    const flow = createFlow();
    await flow.open();
    await flow.poll(1);
    flow.pollQueue.purge();
    flow.clock.now += 20 * MINUTE_MS;
    await flow.sweep();
    expect(bodiesOf(flow.pollQueue)).toMatchObject([{ poll: 2 }]);
    flow.clock.now += 6 * MINUTE_MS;
    await flow.memory.claimPoll({
      key: KEY,
      poll: 2,
      messageId: "m",
      now: flow.clock.now,
      leaseMs: POLL_LEASE_MS,
    });
    flow.pollQueue.purge();
    await flow.sweep();
    expect(bodiesOf(flow.pollQueue)).toMatchObject([{ poll: 2 }]);
    flow.clock.now += POLL_LEASE_MS;
    expect(flow.pollQueue.receive(1)).toEqual([]);
    flow.clock.now += 1_000;
    expect(flow.pollQueue.receive(1)).toHaveLength(1);
    expect(await flow.poll(2, "n")).toBe("acknowledged");
    expect(flow.recorded.polls.at(-1)).toMatchObject({ poll: 2, observation: "job" });
  });

  it("sends a lost notification again, and removes a watch from the overdue index when all its notifications are final", async () => {
    const flow = createFlow();
    await flow.open();
    flow.observation = jobIn("failed");
    await flow.poll(1);
    flow.notifyQueue.purge();
    flow.clock.now += 2 * MINUTE_MS;
    expect(await flow.sweep()).toMatchObject({ notifications: 1 });
    expect(await flow.notify()).toBe("acknowledged");
    flow.clock.now += 10 * MINUTE_MS;
    expect(await flow.sweep()).toMatchObject({ notifications: 0 });
    expect(await flow.memory.listOverdueWatches(T0 * 2, 10)).toEqual([]);
  });

  it("sends a lost redelivery again, even when the target's 'on' does not list the outcome", async () => {
    const flow = createFlow();
    const { audit } = flow.config.targets;
    if (audit !== undefined) audit.on = ["succeeded"];
    await flow.open();
    flow.observation = jobIn("failed");
    await flow.poll(1);
    flow.clock.now += 2 * MINUTE_MS;
    expect(await flow.sweep()).toMatchObject({ notifications: 0 });
    await flow.memory.scheduleSweepByAndExtendExpiry({ ...KEY, generation: 0 }, flow.clock.now, null);
    await flow.memory.startRedeliveryIfLatestIs(
      { ...KEY, generation: 0, event: "job.failed", target: "audit" },
      0,
      T0 * 2,
    );
    flow.clock.now += MINUTE_MS;
    expect(await flow.sweep()).toMatchObject({ notifications: 1 });
    expect(bodiesOf(flow.notifyQueue)).toMatchObject([{ target: "audit", redelivery: 1 }]);
  });

  it("does not send a notification that waits twelve hours for its next attempt", async () => {
    const flow = createFlow({ settings: { retry: { scheduleSeconds: [0, 43_200] } } });
    await flow.open();
    flow.observation = jobIn("failed");
    await flow.poll(1);
    flow.attempted = { ...flow.attempted, verdict: "retry", status: 503, reason: "server_error" };
    expect(await flow.notify()).toBe("retry");
    for (let hour = 0; hour < 11; hour += 1) {
      flow.clock.now += 60 * MINUTE_MS;
      expect(await flow.sweep()).toMatchObject({ notifications: 0 });
    }
  });

  it("does nothing for a stopped watch, even if an outcome of the watch was stored before the stop", async () => {
    const flow = createFlow({
      ledger: { endWatchUnlessTargetsAdded: () => Promise.reject(new Error("crash")) },
    });
    await flow.open();
    flow.observation = jobIn("failed");
    await expect(flow.poll(1)).rejects.toThrow("crash");
    flow.notifyQueue.purge();
    await flow.memory.stopWatch(KEY, flow.clock.now, T0 * 2);
    await flow.memory.scheduleSweepByAndExtendExpiry({ ...KEY, generation: 0 }, T0, null);
    flow.clock.now += 10 * MINUTE_MS;
    expect(await flow.sweep()).toEqual({ polls: 0, notifications: 0, stuck: 0, failed: 0, finished: true });
    expect(bodiesOf(flow.notifyQueue)).toEqual([]);
    expect(await flow.memory.countUnfinishedWatchesApproximately(KEY.caller)).toBe(0);
  });

  it("removes an ended watch without an outcome from the overdue index", async () => {
    const flow = createFlow();
    await flow.open();
    await flow.memory.claimPoll({ key: KEY, poll: 1, messageId: "m-1", now: T0, leaseMs: POLL_LEASE_MS });
    const ending = { key: KEY, acceptedAt: T0, outcome: "lost", concludedAt: T0 } as const;
    await flow.memory.endWatchUnlessTargetsAdded({
      ...ending,
      targets: ["audit"],
      polledAt: [],
      expiresAt: T0 * 2,
    });
    flow.clock.now += 10 * MINUTE_MS;
    expect(await flow.sweep()).toEqual({ polls: 0, notifications: 0, stuck: 0, failed: 0, finished: true });
    expect(await flow.memory.countUnfinishedWatchesApproximately(KEY.caller)).toBe(0);
  });

  it("removes a watch from the overdue index whose data the ledger has deleted", async () => {
    const moved: (number | null)[] = [];
    const flow = createFlow({
      ledger: {
        readWatchDocumentOrNull: async () => null,
        rescheduleSweepIfUnchanged: async (_, dueAt) => {
          moved.push(dueAt);
          return "moved";
        },
      },
    });
    await flow.open();
    flow.clock.now += 10 * MINUTE_MS;
    expect(await flow.sweep()).toEqual({ polls: 0, notifications: 0, stuck: 0, failed: 0, finished: true });
    expect(moved).toEqual([null]);
  });

  it("reports no watch whose messages were not sent again, and reports a notification that was", async () => {
    const flow = createFlow();
    await flow.open();
    flow.observation = jobIn("failed");
    await flow.poll(1);
    await flow.notify();
    flow.clock.now += 2 * MINUTE_MS;
    expect(await flow.sweep()).toMatchObject({ notifications: 0, failed: 0 });
    expect(flow.recorded.sentAgain).toEqual([]);
    await flow.open({ jobId: "job-2" });
    await flow.poll(1, "m-2", flow.pollQueue, "job-2");
    flow.clock.now += 2 * MINUTE_MS;
    await flow.sweep();
    expect(flow.recorded.sentAgain).toMatchObject([{ jobId: "job-2", polls: 0, notifications: 1 }]);
  });

  it("sends a poll again that is late by more than 30 s", async () => {
    const flow = createFlow({ ledger: { listOverdueWatches: async () => lateIndex } });
    await flow.open();
    flow.clock.now += MINUTE_MS;
    const lateIndex = await flow.memory.listOverdueWatches(flow.clock.now, 10);
    flow.clock.now = T0 + 30_000;
    expect(await flow.sweep()).toMatchObject({ polls: 0, failed: 0 });
    flow.clock.now += 1;
    expect(await flow.sweep()).toMatchObject({ polls: 1, failed: 0 });
  });

  it("checks a watch again four minutes after it sent a poll of the watch", async () => {
    const flow = createFlow();
    await flow.open();
    flow.clock.now += MINUTE_MS;
    expect(await flow.sweep()).toMatchObject({ polls: 1 });
    flow.clock.now += 4 * MINUTE_MS;
    expect(await flow.sweep()).toMatchObject({ polls: 0 });
    flow.clock.now += 1;
    expect(await flow.sweep()).toMatchObject({ polls: 1 });
  });

  it("reads the overdue index in pages of 100 watches", async () => {
    const limits: number[] = [];
    const flow = createFlow({
      ledger: {
        listOverdueWatches: (now, limit) => {
          limits.push(limit);
          return flow.memory.listOverdueWatches(now, limit);
        },
      },
    });
    for (let i = 0; i < 250; i += 1) await flow.open({ jobId: `job-${i}` });
    flow.clock.now += MINUTE_MS;
    expect(await flow.sweep()).toMatchObject({ polls: 250 });
    expect(limits).toEqual([100, 100, 100, 100]);
  });

  it("starts with exactly ten seconds left, and does not stop then", async () => {
    const flow = createFlow();
    for (let i = 0; i < 15; i += 1) await flow.open({ jobId: `job-${i}` });
    flow.clock.now += MINUTE_MS;
    expect(await flow.sweep(() => 10_000)).toMatchObject({ polls: 15, finished: true });
    flow.clock.now += 10 * MINUTE_MS;
    expect(await flow.sweep(() => 9_999)).toMatchObject({ polls: 0, finished: false });
  });

  it("stops before its time is over, and the next run continues at the same watch", async () => {
    const flow = createFlow();
    for (let i = 0; i < 25; i += 1) await flow.open({ jobId: `job-${i}` });
    flow.clock.now += MINUTE_MS;
    let asked = 0;
    const once = () => {
      asked += 1;
      return asked > 1 ? 9_000 : 50_000;
    };
    expect(await flow.sweep(once)).toMatchObject({ polls: 10, finished: false });
    expect(await flow.sweep()).toMatchObject({ polls: 15, finished: true });
    expect(new Set(bodiesOf(flow.pollQueue).map((body) => (body as { jobId: string }).jobId)).size).toBe(25);
  });

  it("counts and reports a failed watch, and keeps the watch in the overdue index", async () => {
    const flow = createFlow({
      ledger: { rescheduleSweepIfUnchanged: () => Promise.reject(new Error("throttled")) },
    });
    await flow.open();
    flow.clock.now += MINUTE_MS;
    expect(await flow.sweep()).toEqual({ polls: 0, notifications: 0, stuck: 0, failed: 1, finished: true });
    expect(flow.recorded.failures).toMatchObject([KEY]);
    expect(await flow.memory.listOverdueWatches(flow.clock.now, 10)).toHaveLength(1);
  });

  it("sends nothing twice that a late index still lists, and reaches the watches behind the listed watches", async () => {
    const flow = createFlow({
      ledger: {
        // The index still lists a moved watch while the current run reads the index.
        listOverdueWatches: async (_, limit) => [...lateIndex, ...lateIndex.slice(0, 1)].slice(0, limit),
      },
    });
    for (let i = 0; i < 250; i += 1) await flow.open({ jobId: `job-${i}` });
    flow.clock.now += MINUTE_MS;
    const lateIndex = await flow.memory.listOverdueWatches(flow.clock.now, 1000);
    expect(await flow.sweep()).toEqual({ polls: 250, notifications: 0, stuck: 0, failed: 0, finished: true });
    expect(bodiesOf(flow.pollQueue)).toHaveLength(250);
  });

  it("sends no poll again that was made after the late index listed the watch", async () => {
    const flow = createFlow({ ledger: { listOverdueWatches: async () => lateIndex } });
    await flow.open();
    flow.clock.now += MINUTE_MS;
    const lateIndex = await flow.memory.listOverdueWatches(flow.clock.now, 10);
    await flow.poll(1);
    flow.pollQueue.purge();
    expect(lateIndex).toHaveLength(1);
    expect(await flow.sweep()).toEqual({ polls: 0, notifications: 0, stuck: 0, failed: 0, finished: true });
    expect(bodiesOf(flow.pollQueue)).toEqual([]);
  });

  it("sweeps all other overdue watches after one watch fails", async () => {
    const flow = withPoison();
    await flow.open({ jobId: "poison" });
    for (let i = 0; i < 299; i += 1) await flow.open({ jobId: `job-${i}` });
    flow.clock.now += MINUTE_MS;
    expect(await flow.sweep()).toEqual({ polls: 299, notifications: 0, stuck: 0, failed: 1, finished: true });
  });

  it.each([
    ["can be moved", {}],
    ["cannot be moved", { rescheduleSweepIfUnchanged: refuse }],
  ])("reaches the watches behind a hundred failing watches that %s", async (_, ledger) => {
    const flow = withPoison(ledger);
    for (let i = 0; i < 120; i += 1) await flow.open({ jobId: `poison-${i}`, nextPollAt: T0 - MINUTE_MS });
    for (let i = 0; i < 20; i += 1) await flow.open({ jobId: `job-${i}` });
    flow.clock.now += MINUTE_MS;
    await flow.sweep();
    const reached = bodiesOf(flow.pollQueue).map((body) => (body as { jobId: string }).jobId);
    expect(new Set(reached).size).toBe(20);
  });

  it("moves a failing watch behind the other overdue watches, so that a short run starts with the working watches", async () => {
    const flow = withPoison();
    for (let i = 0; i < 10; i += 1) await flow.open({ jobId: `poison-${i}`, nextPollAt: T0 - MINUTE_MS });
    for (let i = 0; i < 10; i += 1) await flow.open({ jobId: `job-${i}` });
    flow.clock.now += MINUTE_MS;
    const once = () => {
      let asked = 0;
      return () => (asked++ === 0 ? 50_000 : 9_000);
    };
    expect(await flow.sweep(once())).toMatchObject({ polls: 0, failed: 10, finished: false });
    flow.clock.now += 5 * MINUTE_MS;
    expect(await flow.sweep(once())).toMatchObject({ polls: 10, failed: 0, finished: false });
  });

  it("finds a watch without progress in every run, even in a run that starts ten seconds early", async () => {
    const flow = createFlow();
    await flow.open();
    flow.observation = jobIn("failed");
    await flow.poll(1);
    await flow.open({ jobId: "job-2" });
    flow.clock.now += 5 * MINUTE_MS;
    for (let run = 0; run < 6; run += 1) {
      expect(await flow.sweep()).toMatchObject({ polls: 1, notifications: 1 });
      flow.clock.now += 5 * MINUTE_MS - 10_000;
    }
  });

  it("reports a target that is off to the fallback target for one day", async () => {
    const flow = createFlow({ settings: { fallbackTarget: "ops" } });
    await flow.memory.switchTargetOff("audit", flow.clock.now);
    await flow.sweep();
    expect(bodiesOf(flow.notifyQueue)).toMatchObject([{ kind: "target_gone", gone: "audit", target: "ops" }]);
    flow.clock.now += 24 * 60 * MINUTE_MS - 1;
    await flow.sweep();
    expect(bodiesOf(flow.notifyQueue)).toHaveLength(2);
    flow.clock.now += 1;
    await flow.sweep();
    expect(bodiesOf(flow.notifyQueue)).toHaveLength(2);
  });

  it("does not report to the fallback target that the fallback target is off", async () => {
    const flow = createFlow({ settings: { fallbackTarget: "ops" } });
    await flow.memory.switchTargetOff("ops", flow.clock.now);
    await flow.sweep();
    expect(bodiesOf(flow.notifyQueue)).toEqual([]);
  });

  it("reports no target without a fallback target", async () => {
    const flow = createFlow();
    await flow.memory.switchTargetOff("audit", flow.clock.now);
    expect(await flow.sweep()).toMatchObject({ failed: 0 });
    expect(bodiesOf(flow.notifyQueue)).toEqual([]);
  });

  it("reports a target with exactly five seconds left", async () => {
    const flow = createFlow({ settings: { fallbackTarget: "ops" } });
    await flow.memory.switchTargetOff("audit", flow.clock.now);
    await flow.sweep(() => 4_999);
    expect(bodiesOf(flow.notifyQueue)).toEqual([]);
    await flow.sweep(() => 5_000);
    expect(bodiesOf(flow.notifyQueue)).toMatchObject([{ kind: "target_gone", gone: "audit" }]);
  });

  it("sends its polls and its other reports when one target cannot be read", async () => {
    const flow = createFlow({
      settings: { fallbackTarget: "ops" },
      ledger: {
        readTargetState: (name) => (name === "deploys" ? refuse() : flow.memory.readTargetState(name)),
      },
    });
    await flow.open();
    await flow.memory.switchTargetOff("audit", flow.clock.now);
    flow.clock.now += MINUTE_MS;
    expect(await flow.sweep()).toEqual({ polls: 1, notifications: 0, stuck: 0, failed: 1, finished: true });
    expect(flow.recorded.failures).toEqual([{ target: "deploys" }]);
    expect(bodiesOf(flow.notifyQueue)).toMatchObject([{ kind: "target_gone", gone: "audit" }]);
  });

  it("counts a target whose report could not be sent", async () => {
    const flow = createFlow({ settings: { fallbackTarget: "ops" } });
    await flow.open();
    await flow.memory.switchTargetOff("audit", flow.clock.now);
    flow.clock.now += MINUTE_MS;
    flow.notifyQueue.send = async (messages) =>
      messages.map(({ id }) => ({ id, kind: "failed", reason: "throttled" }));
    expect(await flow.sweep()).toEqual({ polls: 1, notifications: 0, stuck: 0, failed: 1, finished: true });
    expect(flow.recorded.failures).toEqual([{ target: "audit" }]);
  });

  it("reports no target when the time of the run is over", async () => {
    const flow = createFlow({ settings: { fallbackTarget: "ops" } });
    await flow.memory.switchTargetOff("audit", flow.clock.now);
    expect(await flow.sweep(() => 4_000)).toMatchObject({ failed: 0, finished: false });
    expect(bodiesOf(flow.notifyQueue)).toEqual([]);
  });
});

test("a run of the sweep logs each watch whose messages were sent again", async () => {
  const flow = createFlow();
  await flow.open({ traceparent: TRACEPARENT });
  flow.clock.now += MINUTE_MS;
  const { memory: ledger, pollQueue, notifyQueue, config, clock } = flow;
  const configs = { current: async () => config };
  const run = createSweepHandler({ ledger, pollQueue, notifyQueue, configs, now: () => clock.now });
  const lines = await captured(async () => {
    await run({ remainingMs: () => 50_000 });
    publishMetrics();
  });
  const counts = { polls: 1, notifications: 0 };
  const { jobId: job_id, ...key } = KEY;
  expect(lines.filter((line) => "message" in line)).toMatchObject([
    { message: "sent again", ...key, job_id, ...counts, traceparent: TRACEPARENT },
    { message: "swept", ...counts, failed: 0, finished: true },
  ]);
});

test("a run of the sweep is logged with its counts", async () => {
  const { logged, metrics } = await capturedLog(() =>
    logAndCountSweep({ polls: 2, notifications: 1, stuck: 0, failed: 1, finished: false }),
  );
  expect(logged).toEqual([
    { message: "swept", polls: 2, notifications: 1, stuck: 0, failed: 1, finished: false },
  ]);
  expect(metrics).toMatchObject({ SweepFound: 3, SweepFailures: 2, NotificationsOverdue: 1 });
});

test("a sweep without overdue notifications and failures writes only how many messages it sent again", async () => {
  const { metrics } = await capturedLog(() =>
    logAndCountSweep({ polls: 2, notifications: 0, stuck: 0, failed: 0, finished: true }),
  );
  expect(metrics).toMatchObject({ SweepFound: 2 });
  expect(metrics).not.toHaveProperty("SweepFailures");
  expect(metrics).not.toHaveProperty("NotificationsOverdue");
});

test.each([
  ["fewer than five overdue messages", { polls: 2, notifications: 2 }, 0],
  ["five overdue messages", { polls: 3, notifications: 2 }, 1],
  ["a stuck poll or notification", { polls: 1, stuck: 1 }, 1],
  ["a failed check", { failed: 1 }, 1],
  ["no time for all watches", { finished: false }, 1],
] as const)(
  "a sweep with %s counts in the metric of the alarm as often as it must",
  async (_, found, count) => {
    const result = { polls: 0, notifications: 0, stuck: 0, failed: 0, finished: true, ...found };
    const { metrics } = await capturedLog(() => logAndCountSweep(result));
    expect(metrics.FaultsFound ?? 0).toBe(count);
  },
);

describe("a message that was sent again", () => {
  it("is stuck if its poll is late by a quarter of an hour", async () => {
    const flow = createFlow();
    await flow.open();
    const stuck: number[] = [];
    // The poll is planned for the first seconds.
    for (const minute of [1, 14.5, 19.5, 24.5]) {
      flow.clock.now = T0 + minute * MINUTE_MS;
      stuck.push((await flow.sweep()).stuck);
    }
    expect(stuck).toEqual([0, 0, 1, 1]);
  });

  it("is stuck if no function has attempted its notification for a quarter of an hour", async () => {
    const flow = createFlow();
    await flow.open({ targets: ["audit"] });
    flow.observation = jobIn("failed");
    flow.clock.now += 30 * MINUTE_MS;
    await flow.poll(1);
    const concludedAt = flow.clock.now;
    const stuck: number[] = [];
    for (const minute of [5, 10, 15, 20]) {
      flow.clock.now = concludedAt + minute * MINUTE_MS;
      stuck.push((await flow.sweep()).stuck);
    }
    expect(stuck).toEqual([0, 0, 1, 1]);
  });
});

test("a failure of the sweep is logged with the watch or target and the error", async () => {
  const { logged } = await capturedLog(() => {
    logSweepFailure({ ...KEY, traceparent: TRACEPARENT }, new Error("throttled"));
    logSweepFailure({ target: "audit" }, new Error("no such item"));
  });
  expect(logged).toMatchObject([
    {
      message: "sweep failed",
      project: "prod",
      job_id: "job-1",
      traceparent: TRACEPARENT,
      error: { message: "throttled" },
    },
    { message: "sweep failed", target: "audit", error: { message: "no such item" } },
  ]);
});
