import type { Ledger } from "../../../lib/ledger/ledger.ts";
import {
  ATTEMPT_HISTORY,
  type AttemptRecord,
  type NotificationKey,
} from "../../../lib/ledger/notification.ts";
import { attempt, LEASE_MS, NEVER, newKey, T0 } from "./samples.ts";

const UNTHROTTLED = { throttles: 0, throttledSince: null };

export function describeNotifications(ledger: () => Ledger): void {
  const newNotification = (): NotificationKey => ({
    ...newKey(),
    generation: 0,
    event: "job.failed",
    target: "deploys",
  });
  const claim = (key: NotificationKey, messageId: string, now = T0, redelivery = 0) =>
    ledger().claimNotification({ key, messageId, now, redelivery, leaseMs: LEASE_MS, expiresAt: NEVER });
  const record = (key: NotificationKey, messageId: string, changes: Partial<AttemptRecord> = {}) =>
    ledger().recordAttemptIfClaimed({
      key,
      redelivery: 0,
      messageId,
      state: "pending",
      spent: true,
      attempt: attempt(),
      nextAttemptAt: T0 + 5000,
      ...changes,
    });

  describe("claiming a notification", () => {
    it("creates and returns the record at the first claim", async () => {
      const delivery = { target: "deploys", state: "pending", attempts: 0, redelivery: 0, ...UNTHROTTLED };
      const nothing = { nextAttemptAt: null, requestAt: null, deadLettered: false, history: [] };
      const key = newNotification();
      expect(await ledger().readDeliveryOrPendingRecord(key)).toEqual({ ...delivery, ...nothing });
      expect(await claim(key, "n-1")).toEqual({ kind: "claimed", record: { ...delivery, ...nothing } });
    });

    it("grants one of several concurrent claims", async () => {
      const key = newNotification();
      const claims = await Promise.all([1, 2, 3, 4].map((i) => claim(key, `n-${i}`)));
      expect(claims.map(({ kind }) => kind).sort()).toEqual([
        "claimed",
        "other_owner",
        "other_owner",
        "other_owner",
      ]);
    });

    it("keeps the notifications of two generations of a watch apart", async () => {
      const first = newNotification();
      const second = { ...first, generation: 1 };
      await claim(first, "n-1");
      await record(first, "n-1", { state: "delivered", nextAttemptAt: null });
      expect(await claim(first, "n-2")).toEqual({ kind: "stale" });
      expect(await claim(second, "n-3")).toMatchObject({
        kind: "claimed",
        record: { target: "deploys", attempts: 0 },
      });
      expect(await ledger().readDeliveryOrPendingRecord(first)).toMatchObject({
        target: "deploys",
        state: "delivered",
      });
      expect(await ledger().readDeliveryOrPendingRecord(second)).toMatchObject({
        target: "deploys",
        state: "pending",
      });
    });

    it("refuses a claim during the lease and grants a claim after the lease", async () => {
      const key = newNotification();
      await claim(key, "n-1");
      expect(await claim(key, "n-1", T0 + LEASE_MS)).toEqual({ kind: "own_lease" });
      expect(await claim(key, "n-2", T0 + LEASE_MS)).toEqual({ kind: "other_owner" });
      expect(await claim(key, "n-2", T0 + LEASE_MS + 1)).toMatchObject({ kind: "claimed" });
    });

    it("returns the due time to the owner of the notification, and other_owner to another message", async () => {
      const key = newNotification();
      await claim(key, "n-1");
      await record(key, "n-1");
      expect(await claim(key, "n-1", T0 + 4999)).toEqual({ kind: "not_due", until: T0 + 5000 });
      expect(await claim(key, "n-2", T0 + 4999)).toEqual({ kind: "other_owner" });
      expect(await claim(key, "n-1", T0 + 5000)).toMatchObject({
        kind: "claimed",
        record: { attempts: 1 },
      });
    });

    it("grants the claim of any message when the notification is due", async () => {
      const key = newNotification();
      await claim(key, "n-1");
      await record(key, "n-1");
      expect(await claim(key, "n-2", T0 + 5000)).toMatchObject({ kind: "claimed" });
      expect(await claim(key, "n-1", T0 + 5001)).toEqual({ kind: "other_owner" });
    });

    it("returns stale for a delivered notification", async () => {
      const key = newNotification();
      await claim(key, "n-1");
      await record(key, "n-1", { state: "delivered", nextAttemptAt: null });
      expect(await claim(key, "n-1", T0 + 900_000)).toEqual({ kind: "stale" });
    });

    it.each(["rejected", "gone", "exhausted"] as const)(
      "requests a dead letter for a notification that is %s, until the notification is marked",
      async (state) => {
        const key = newNotification();
        for (let earlier = 0; earlier < 2; earlier += 1) {
          await claim(key, "n-1");
          await record(key, "n-1", { nextAttemptAt: T0 });
        }
        await claim(key, "n-1");
        await record(key, "n-1", {
          state,
          nextAttemptAt: null,
          attempt: attempt({ reason: "no_such_hook" }),
        });
        expect(await claim(key, "n-2")).toEqual({ kind: "needs_dead_letter", state, reason: "no_such_hook" });
        expect((await ledger().readDeliveryOrPendingRecord(key)).deadLettered).toBe(false);
        await ledger().markDeadLettered(key, 0);
        expect((await ledger().readDeliveryOrPendingRecord(key)).deadLettered).toBe(true);
        expect(await claim(key, "n-2")).toEqual({ kind: "stale" });
      },
    );

    it("is refused as stale when the message of a pending notification is in the dead-letter queue", async () => {
      const key = newNotification();
      await claim(key, "n-1");
      await record(key, "n-1", { nextAttemptAt: T0 });
      await ledger().markDeadLettered(key, 0);
      expect(await claim(key, "n-1", T0 + 1)).toEqual({ kind: "stale" });
      expect(await claim(key, "n-2", T0 + 1)).toEqual({ kind: "stale" });
    });
  });

  describe("recording an attempt", () => {
    it("keeps all attempts and counts only spent attempts", async () => {
      const key = newNotification();
      for (const [i, spent] of [true, false, true].entries()) {
        await claim(key, "n-1", T0 + i);
        await record(key, "n-1", { spent, nextAttemptAt: T0, attempt: attempt({ at: T0 + i }) });
      }
      const delivery = await ledger().readDeliveryOrPendingRecord(key);
      expect(delivery).toMatchObject({ state: "pending", attempts: 2, nextAttemptAt: T0 });
      expect(delivery.history).toEqual([0, 1, 2].map((i) => attempt({ at: T0 + i })));
    });

    it("counts throttled attempts in a row and keeps the time of the first throttled attempt", async () => {
      const key = newNotification();
      const states: unknown[] = [];
      for (const [i, spent] of [false, false, true, false].entries()) {
        await claim(key, "n-1", T0 + i);
        await record(key, "n-1", { spent, nextAttemptAt: T0, attempt: attempt({ at: T0 + i }) });
        const { attempts, throttles, throttledSince } = await ledger().readDeliveryOrPendingRecord(key);
        states.push([attempts, throttles, throttledSince]);
      }
      expect(states).toEqual([
        [0, 1, T0],
        [0, 2, T0],
        [1, 0, T0],
        [1, 1, T0],
      ]);
    });

    it("does not count an attempt at a target that is gone as throttled", async () => {
      const key = newNotification();
      await claim(key, "n-1");
      await record(key, "n-1", { spent: false, state: "gone", nextAttemptAt: null });
      expect(await ledger().readDeliveryOrPendingRecord(key)).toMatchObject({ attempts: 0, ...UNTHROTTLED });
    });

    it("does not count an attempt that waits for a confirmation as throttled", async () => {
      const key = newNotification();
      await claim(key, "n-1");
      await record(key, "n-1", { spent: false, attempt: attempt({ verdict: "gone" }) });
      expect(await ledger().readDeliveryOrPendingRecord(key)).toMatchObject({
        state: "pending",
        attempts: 0,
        ...UNTHROTTLED,
      });
    });

    it("keeps only the latest attempts", async () => {
      const key = newNotification();
      const times = Array.from({ length: 2 * ATTEMPT_HISTORY + 3 }, (_, i) => T0 + i);
      for (const at of times) {
        await claim(key, "n-1", at);
        const latest = { nextAttemptAt: at, attempt: attempt({ at, status: null }) };
        expect(await record(key, "n-1", latest)).toBe("recorded");
      }
      const { history, attempts } = await ledger().readDeliveryOrPendingRecord(key);
      expect(attempts).toBe(times.length);
      expect(history.map(({ at }) => at)).toEqual(times.slice(-ATTEMPT_HISTORY));
    });

    it("writes nothing after the lease was lost", async () => {
      const key = newNotification();
      expect(await record(key, "n-1")).toBe("superseded");
      await claim(key, "n-1");
      await claim(key, "n-2", T0 + LEASE_MS + 1);
      expect(await record(key, "n-1")).toBe("superseded");
      expect(await record(key, "n-2", { redelivery: 1 })).toBe("superseded");
      expect(await record(key, "n-2")).toBe("recorded");
      expect(await record(key, "n-2")).toBe("superseded");
      expect((await ledger().readDeliveryOrPendingRecord(key)).attempts).toBe(1);
    });
  });

  describe("postponing a notification", () => {
    it("ends the lease without an attempt and keeps the reservation", async () => {
      const key = newNotification();
      const postponement = {
        key,
        redelivery: 0,
        messageId: "n-1",
        until: T0 + 8000,
        requestAt: T0 + 9000,
      };
      expect(await ledger().postponeNotificationAndEndLease(postponement)).toBe("superseded");
      await claim(key, "n-1");
      expect(await ledger().postponeNotificationAndEndLease(postponement)).toBe("recorded");
      expect(await ledger().postponeNotificationAndEndLease(postponement)).toBe("superseded");
      expect(await claim(key, "n-1", T0 + 7999)).toEqual({ kind: "not_due", until: T0 + 8000 });
      const postponed = { attempts: 0, requestAt: T0 + 9000, nextAttemptAt: T0 + 8000 };
      expect(await claim(key, "n-1", T0 + 8000)).toMatchObject({ kind: "claimed", record: postponed });
      await record(key, "n-1");
      expect(await ledger().readDeliveryOrPendingRecord(key)).toMatchObject({ requestAt: null });
    });
  });

  describe("starting a redelivery", () => {
    it("resets the record, increases the redelivery number and makes earlier messages stale", async () => {
      const key = newNotification();
      await claim(key, "n-1");
      await record(key, "n-1", { spent: false, nextAttemptAt: T0 });
      await claim(key, "n-1");
      await record(key, "n-1", { state: "gone", nextAttemptAt: null });
      await ledger().markDeadLettered(key, 0);
      expect(await ledger().startRedeliveryIfLatestIs(key, 0, NEVER)).toBe(1);
      expect(await ledger().readDeliveryOrPendingRecord(key)).toMatchObject(UNTHROTTLED);
      expect(await claim(key, "n-1", T0, 0)).toEqual({ kind: "stale" });
      const claimed = await claim(key, "n-2", T0, 1);
      expect(claimed).toMatchObject({ kind: "claimed", record: { attempts: 0, redelivery: 1 } });
      expect(await record(key, "n-2", { redelivery: 1, state: "delivered" })).toBe("recorded");
      expect((await ledger().readDeliveryOrPendingRecord(key)).history).toHaveLength(3);
    });

    it("lets the message of the redelivery claim at once, whatever the earlier message does", async () => {
      for (const earlier of ["claims", "waits", "postpones"] as const) {
        const key = newNotification();
        const postponement = { key, redelivery: 0, messageId: "n-1", until: T0 + 8000, requestAt: T0 + 9000 };
        await claim(key, "n-1");
        if (earlier === "waits") await record(key, "n-1", { nextAttemptAt: T0 + 90_000 });
        if (earlier === "postpones") await ledger().postponeNotificationAndEndLease(postponement);
        await ledger().startRedeliveryIfLatestIs(key, 0, NEVER);
        expect(await claim(key, "n-2", T0, 1)).toMatchObject({
          kind: "claimed",
          record: { redelivery: 1, nextAttemptAt: null, requestAt: null },
        });
      }
    });

    it("is done by one of several concurrent calls, even for a new notification", async () => {
      const key = newNotification();
      const start = (after: number) =>
        Promise.all([1, 2, 3].map(() => ledger().startRedeliveryIfLatestIs(key, after, NEVER)));
      expect((await start(0)).filter((number) => number !== null)).toEqual([1]);
      expect((await start(1)).filter((number) => number !== null)).toEqual([2]);
      expect(await start(1)).toEqual([null, null, null]);
      expect(await claim(key, "n-1", T0, 2)).toMatchObject({ kind: "claimed" });
    });

    it("is refused after a redelivery that was never started", async () => {
      const key = newNotification();
      expect(await ledger().startRedeliveryIfLatestIs(key, 1, NEVER)).toBeNull();
      expect(await claim(key, "n-1")).toMatchObject({ kind: "claimed", record: { redelivery: 0 } });
    });

    it("ignores the dead letter of the previous redelivery", async () => {
      const key = newNotification();
      await ledger().startRedeliveryIfLatestIs(key, 0, NEVER);
      await ledger().markDeadLettered(key, 0);
      expect(await claim(key, "n-1", T0, 1)).toMatchObject({ kind: "claimed" });
    });
  });
}
