import type { Ledger } from "../../../lib/ledger/ledger.ts";
import { POLL_HISTORY } from "../../../lib/ledger/watch.ts";
import { job, LEASE_MS, NEVER, newWatch, pollRecord, T0 } from "./samples.ts";

export function describePolls(ledger: () => Ledger): void {
  const claim = (key: { project: string; jobId: string }, poll: number, messageId: string, now = T0) =>
    ledger().claimPoll({ key, poll, messageId, now, leaseMs: LEASE_MS });

  async function opened() {
    const watch = newWatch();
    await ledger().openWatch(watch);
    return watch;
  }

  describe("claiming a poll", () => {
    it("leases the poll and answers the watch", async () => {
      const watch = await opened();
      expect(await claim(watch, 1, "m-1")).toMatchObject({
        kind: "claimed",
        reclaimed: false,
        watch: { poll: 1, pollDone: false, targets: ["deploys"], deadlineAt: watch.deadlineAt },
      });
    });

    it("grants exactly one of many claims at once", async () => {
      const watch = await opened();
      const claims = await Promise.all([1, 2, 3, 4, 5].map((i) => claim(watch, 1, `m-${i}`)));
      expect(claims.filter(({ kind }) => kind === "claimed")).toHaveLength(1);
      expect(claims.filter(({ kind }) => kind === "other_owner")).toHaveLength(4);
    });

    it("refuses a live lease: mine to the message that holds it, theirs to another", async () => {
      const watch = await opened();
      await claim(watch, 1, "m-1");
      expect(await claim(watch, 1, "m-1", T0 + LEASE_MS)).toEqual({ kind: "own_lease" });
      expect(await claim(watch, 1, "m-2", T0 + LEASE_MS)).toEqual({ kind: "other_owner" });
    });

    it("grants a lease that ran out to whoever asks first", async () => {
      const watch = await opened();
      await claim(watch, 1, "m-1");
      expect(await claim(watch, 1, "m-2", T0 + LEASE_MS + 1)).toMatchObject({
        kind: "claimed",
        reclaimed: true,
      });
      expect(await claim(watch, 1, "m-1", T0 + LEASE_MS + 2)).toEqual({ kind: "other_owner" });
    });

    it("grants a later poll even while an earlier one is leased: its message was sent by that one", async () => {
      const watch = await opened();
      await claim(watch, 1, "m-1");
      expect(await claim(watch, 2, "m-2")).toMatchObject({ kind: "claimed", watch: { poll: 2 } });
      expect(await claim(watch, 1, "m-1", T0 + 900_000)).toEqual({ kind: "stale", reason: "superseded" });
    });

    it("calls a poll stale when there is no watch, when it is done, and when the watch is over", async () => {
      const watch = await opened();
      expect(await claim(newWatch(), 1, "m-1")).toEqual({ kind: "stale", reason: "missing" });
      await claim(watch, 1, "m-1");
      await ledger().recordPoll(pollRecord({ key: watch }));
      expect(await claim(watch, 1, "m-9", T0 + 900_000)).toEqual({ kind: "stale", reason: "done" });
      await ledger().stopWatch(watch, T0, NEVER);
      expect(await claim(watch, 2, "m-2")).toEqual({ kind: "stale", reason: "over" });
    });
  });

  describe("recording a poll", () => {
    it("marks it done and keeps what was seen", async () => {
      const watch = await opened();
      await claim(watch, 1, "m-1");
      const seen = {
        accessError: { kind: "forbidden", since: T0 - 7 },
        consecutiveFailures: 3,
        phase: null,
      } as const;
      expect(await ledger().recordPoll(pollRecord({ key: watch, ...seen }))).toBe("recorded");
      expect((await ledger().readWatch(watch))?.watch).toMatchObject({
        ...seen,
        poll: 1,
        pollDone: true,
        nextPollAt: T0 + 60_000,
        polledAt: [T0 + 20_000],
        jobType: "CreateCluster",
        resourceName: "blue",
      });
    });

    it("forgets accessError once a poll finds none", async () => {
      const watch = await opened();
      await claim(watch, 1, "m-1");
      const accessError = { kind: "unauthorized", since: T0 } as const;
      await ledger().recordPoll(pollRecord({ key: watch, accessError, consecutiveFailures: 1 }));
      await claim(watch, 2, "m-2");
      await ledger().recordPoll(pollRecord({ key: watch, poll: 2, messageId: "m-2" }));
      expect((await ledger().readWatch(watch))?.watch).toMatchObject({
        accessError: null,
        consecutiveFailures: 0,
      });
    });

    it("keeps a lastPollError until there is news", async () => {
      const watch = await opened();
      await claim(watch, 1, "m-1");
      const lastPollError = { since: T0 - 9, text: "CCE cannot be reached (ENOTFOUND)" };
      await ledger().recordPoll(pollRecord({ key: watch, lastPollError }));
      expect((await ledger().readWatch(watch))?.watch.lastPollError).toEqual(lastPollError);
      await claim(watch, 2, "m-2");
      await ledger().recordPoll(pollRecord({ key: watch, poll: 2, messageId: "m-2" }));
      expect((await ledger().readWatch(watch))?.watch.lastPollError).toBeNull();
    });

    it("writes nothing once the lease was lost, the poll is done, or the watch is over", async () => {
      const watch = await opened();
      const record = pollRecord({ key: watch });
      expect(await ledger().recordPoll(record)).toBe("superseded");
      await claim(watch, 1, "m-1");
      await claim(watch, 1, "m-2", T0 + LEASE_MS + 1);
      expect(await ledger().recordPoll(record)).toBe("superseded");
      expect(await ledger().recordPoll({ ...record, messageId: "m-2" })).toBe("recorded");
      expect(await ledger().recordPoll({ ...record, messageId: "m-2" })).toBe("superseded");
      await claim(watch, 2, "m-3");
      await ledger().stopWatch(watch, T0, NEVER);
      expect(await ledger().recordPoll({ ...record, poll: 2, messageId: "m-3" })).toBe("superseded");
    });

    it("counts a poll that only waited for its turn as none, and goes on from its number", async () => {
      const watch = await opened();
      await claim(watch, 1, "m-1");
      await ledger().recordPoll(pollRecord({ key: watch, rateLimited: true }));
      expect((await ledger().readWatch(watch))?.watch).toMatchObject({
        poll: 1,
        rateLimitedPolls: 1,
        pollDone: true,
      });
      await claim(watch, 2, "m-2");
      await ledger().recordPoll(pollRecord({ key: watch, poll: 2, messageId: "m-2" }));
      expect((await ledger().readWatch(watch))?.watch).toMatchObject({ poll: 2, rateLimitedPolls: 1 });
    });

    it("keeps the latest polls only", async () => {
      const watch = await opened();
      await claim(watch, 1, "m-1");
      const polledAt = Array.from({ length: POLL_HISTORY + 5 }, (_, i) => T0 + i * 17_003);
      await ledger().recordPoll(pollRecord({ key: watch, polledAt }));
      expect((await ledger().readWatch(watch))?.watch.polledAt).toEqual(polledAt.slice(5));
    });

    it("keeps small and large trees, a changed one instead of the one before, and none leaves it", async () => {
      const watch = await opened();
      const named = (i: number) => job({ jobId: `${i * 7919}-${i}`, reason: `because of ${i * i}` });
      const large = job({ subJobs: Array.from({ length: 40 }, (_, i) => named(i)) });
      const small = job({ phase: "Success", state: "succeeded" });
      for (const [index, tree] of [small, large, null, job({ ...large, phase: "New" }), small].entries()) {
        const poll = index + 1;
        await claim(watch, poll, "m-1");
        await ledger().recordPoll(pollRecord({ key: watch, poll, tree }));
        expect((await ledger().readWatch(watch))?.tree).toEqual(tree ?? large);
      }
    });
  });
}
