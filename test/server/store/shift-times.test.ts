import { createSqliteLedger } from "../../../server/ledger/sqlite-ledger.ts";
import { createClockGuard } from "../../../server/process/clock-guard.ts";
import { createSqliteQueue } from "../../../server/queue/sqlite-queue.ts";
import { shiftTimes } from "../../../server/store/shift-times.ts";
import { LEASE_MS, NEVER, newWatch, T0 } from "../../lib/ledger/samples.ts";
import { openTestStore } from "../open-test-store.ts";

const HOUR_MS = 3_600_000;

describe("a clock that was set back by an hour", () => {
  it("delays no message, no poll, no lease and no sweep", async () => {
    const store = openTestStore();
    const ledger = createSqliteLedger(store);
    let now = T0;
    const queue = createSqliteQueue(store, { name: "poll", now: () => now, visibilityMs: 1000 });
    const watch = newWatch();
    await ledger.startOrExtendWatch(watch);
    await queue.send([{ id: "a", body: "a", delaySeconds: 20 }]);
    const claim = { key: watch, poll: 1, leaseMs: LEASE_MS };
    await ledger.claimPoll({ ...claim, messageId: "m-1", now });
    const notification = {
      project: watch.project,
      jobId: watch.jobId,
      generation: 0,
      event: "job.failed",
      target: "a",
    };
    const owner = { key: notification, redelivery: 0, messageId: "n-1" };
    await ledger.claimNotification({ ...owner, now, leaseMs: LEASE_MS, expiresAt: NEVER });
    await ledger.postponeNotificationAndEndLease({ ...owner, until: now + 20_000, requestAt: null });
    await ledger.throttleTargetUntilAtLeast("a", now + 20_000);
    await ledger.reserveRequestTime("a", now, 15_000);
    const running = { key: { ...notification, target: "b" }, redelivery: 0 };
    const claimedAt = { leaseMs: LEASE_MS, expiresAt: NEVER };
    await ledger.claimNotification({ ...running, ...claimedAt, messageId: "n-1", now });

    now -= HOUR_MS;
    await shiftTimes(store, -HOUR_MS);
    expect(await ledger.reserveRequestTime("a", now, 0)).toBe(now + 15_000);
    const stillLeased = { ...running, ...claimedAt, messageId: "n-2", now: now + LEASE_MS };
    expect((await ledger.claimNotification(stillLeased)).kind).toBe("other_owner");
    const free = { ...stillLeased, now: now + LEASE_MS + 1 };
    expect((await ledger.claimNotification(free)).kind).toBe("claimed");
    now += 20_000 + LEASE_MS;
    expect(await queue.receive(10)).toMatchObject([{ body: "a" }]);
    expect(await ledger.claimPoll({ ...claim, messageId: "m-2", now })).toMatchObject({ kind: "claimed" });
    expect((await ledger.readWatchDocumentOrNull(watch))?.watch.nextPollAt).toBe(T0 - HOUR_MS + 20_000);
    expect(await ledger.listOverdueWatches(now + 60_000, 10)).toHaveLength(1);
    const again = await ledger.claimNotification({ ...owner, now, leaseMs: LEASE_MS, expiresAt: NEVER });
    expect(again.kind).toBe("claimed");
    expect((await ledger.readTargetState("a")).throttledUntil).toBe(T0 - HOUR_MS + 20_000);
    store.close();
  });

  it("is noted once, and a step forward and a slow drift are not noted", () => {
    let [wall, monotonic] = [T0, 0];
    const guard = createClockGuard(
      () => wall,
      () => monotonic,
    );
    const pass = (wallMs: number, monotonicMs: number) => {
      wall += wallMs;
      monotonic += monotonicMs;
      return guard.readStepBackMs();
    };
    expect(pass(1000, 1000)).toBe(0);
    expect(pass(-HOUR_MS + 1000, 1000)).toBe(HOUR_MS);
    expect(pass(1000, 1000)).toBe(0);
    expect(pass(HOUR_MS, 1000)).toBe(0);
    expect(pass(900, 1000)).toBe(0);
  });
});
