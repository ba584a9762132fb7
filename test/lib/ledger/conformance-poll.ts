import type { WatchKey } from "../../../lib/domain/job.ts";
import type { Ledger } from "../../../lib/ledger/ledger.ts";
import { POLL_HISTORY } from "../../../lib/ledger/watch.ts";
import { job, LEASE_MS, NEVER, newWatch, pollRecord, T0 } from "./samples.ts";

export function describePolls(ledger: () => Ledger): void {
  const claim = (key: WatchKey, poll: number, messageId: string, now = T0) =>
    ledger().claimPoll({ key, poll, messageId, now, leaseMs: LEASE_MS });

  async function opened() {
    const watch = newWatch();
    await ledger().startOrExtendWatch(watch);
    return watch;
  }

  describe("claiming a poll", () => {
    it("grants the claim and returns the watch", async () => {
      const watch = await opened();
      expect(await claim(watch, 1, "m-1")).toMatchObject({
        kind: "claimed",
        reclaimed: false,
        watch: { poll: 1, pollDone: false, targets: ["deploys"], deadlineAt: watch.deadlineAt },
      });
    });

    it("grants one of several concurrent claims", async () => {
      const watch = await opened();
      const claims = await Promise.all([1, 2, 3, 4, 5].map((i) => claim(watch, 1, `m-${i}`)));
      expect(claims.filter(({ kind }) => kind === "claimed")).toHaveLength(1);
      expect(claims.filter(({ kind }) => kind === "other_owner")).toHaveLength(4);
    });

    it("refuses a claim during the lease: own_lease to the same message, other_owner to another", async () => {
      const watch = await opened();
      await claim(watch, 1, "m-1");
      expect(await claim(watch, 1, "m-1", T0 + LEASE_MS)).toEqual({ kind: "own_lease" });
      expect(await claim(watch, 1, "m-2", T0 + LEASE_MS)).toEqual({ kind: "other_owner" });
    });

    it("grants the first claim after the lease has expired", async () => {
      const watch = await opened();
      await claim(watch, 1, "m-1");
      expect(await claim(watch, 1, "m-2", T0 + LEASE_MS + 1)).toMatchObject({
        kind: "claimed",
        reclaimed: true,
      });
      expect(await claim(watch, 1, "m-1", T0 + LEASE_MS + 2)).toEqual({ kind: "other_owner" });
    });

    it("counts the claims of a poll that were neither recorded nor undone", async () => {
      const watch = await opened();
      const triesAt = async (poll: number, now: number) => {
        const claimed = await claim(watch, poll, "m-1", now);
        return claimed.kind === "claimed" ? claimed.unfinishedTries : claimed.kind;
      };
      const lease = LEASE_MS + 1;
      expect(await triesAt(1, T0)).toBe(0);
      expect(await triesAt(1, T0 + lease)).toBe(1);
      expect(await triesAt(1, T0 + 2 * lease)).toBe(2);
      await ledger().recordPoll(pollRecord({ key: watch }));
      expect(await triesAt(2, T0 + 3 * lease)).toBe(0);
      expect(await triesAt(2, T0 + 4 * lease)).toBe(1);
    });

    it("grants an undone claim again at once, and does not count the undone claim", async () => {
      const watch = await opened();
      const undone = { key: watch, poll: 1, messageId: "m-1" };
      await claim(watch, 1, "m-1");
      await ledger().undoPollClaim({ ...undone, messageId: "m-2" });
      await ledger().undoPollClaim({ ...undone, poll: 2 });
      expect(await claim(watch, 1, "m-2")).toEqual({ kind: "other_owner" });
      await ledger().undoPollClaim(undone);
      await ledger().undoPollClaim(undone);
      expect(await claim(watch, 1, "m-2")).toMatchObject({
        kind: "claimed",
        reclaimed: true,
        unfinishedTries: 0,
      });
      await ledger().undoPollClaim(undone);
      expect(await claim(watch, 1, "m-1")).toEqual({ kind: "other_owner" });
    });

    it("undoes no claim of a recorded poll or of a missing watch", async () => {
      const watch = await opened();
      const undone = { key: watch, poll: 1, messageId: "m-1" };
      await claim(watch, 1, "m-1");
      await ledger().recordPoll(pollRecord({ key: watch }));
      await ledger().undoPollClaim(undone);
      expect(await claim(watch, 1, "m-1")).toEqual({ kind: "stale", reason: "done" });
      await ledger().undoPollClaim({ ...undone, key: newWatch() });
    });

    it("grants a later poll during the lease of an earlier poll", async () => {
      const watch = await opened();
      await claim(watch, 1, "m-1");
      expect(await claim(watch, 2, "m-2")).toMatchObject({
        kind: "claimed",
        watch: { poll: 2 },
        reclaimed: false,
        unfinishedTries: 0,
      });
      expect(await claim(watch, 1, "m-1", T0 + 900_000)).toEqual({ kind: "stale", reason: "superseded" });
    });

    it("returns stale for a missing watch, a poll that is done and a watch that is over", async () => {
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
    it("marks the poll as done and stores the observed job", async () => {
      const watch = await opened();
      await claim(watch, 1, "m-1");
      const expected = {
        accessError: { kind: "forbidden", since: T0 - 7 },
        consecutiveFailures: 3,
        phase: null,
      } as const;
      expect(await ledger().recordPoll(pollRecord({ key: watch, ...expected }))).toBe("recorded");
      expect((await ledger().readWatchDocumentOrNull(watch))?.watch).toMatchObject({
        ...expected,
        poll: 1,
        pollDone: true,
        nextPollAt: T0 + 60_000,
        polledAt: [T0 + 20_000],
        jobType: "CreateCluster",
        resourceName: "blue",
      });
    });

    it("clears the access error when a poll has no access error", async () => {
      const watch = await opened();
      await claim(watch, 1, "m-1");
      const accessError = { kind: "unauthorized", since: T0 } as const;
      await ledger().recordPoll(pollRecord({ key: watch, accessError, consecutiveFailures: 1 }));
      await claim(watch, 2, "m-2");
      await ledger().recordPoll(pollRecord({ key: watch, poll: 2, messageId: "m-2" }));
      expect((await ledger().readWatchDocumentOrNull(watch))?.watch).toMatchObject({
        accessError: null,
        consecutiveFailures: 0,
      });
    });

    it("keeps the last poll error until a poll has no poll error", async () => {
      const watch = await opened();
      await claim(watch, 1, "m-1");
      const lastPollError = { since: T0 - 9, text: "CCE cannot be reached (ENOTFOUND)" };
      await ledger().recordPoll(pollRecord({ key: watch, lastPollError }));
      expect((await ledger().readWatchDocumentOrNull(watch))?.watch.lastPollError).toEqual(lastPollError);
      await claim(watch, 2, "m-2");
      await ledger().recordPoll(pollRecord({ key: watch, poll: 2, messageId: "m-2" }));
      expect((await ledger().readWatchDocumentOrNull(watch))?.watch.lastPollError).toBeNull();
    });

    it("writes nothing after the lease was lost, the poll is done or the watch is over", async () => {
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

    it("stores from when the job counts as slow, until a poll changes or clears this time", async () => {
      const watch = newWatch();
      await ledger().startOrExtendWatch(watch);
      const found: unknown[] = [];
      for (const [at, slowAt] of [T0 + 5000, undefined, T0 + 9000, null].entries()) {
        const poll = { key: watch, poll: at + 1, messageId: "m-1" };
        await ledger().claimPoll({ ...poll, now: T0, leaseMs: LEASE_MS });
        await ledger().recordPoll(pollRecord({ ...poll, slowAt }));
        found.push((await ledger().readWatchDocumentOrNull(watch))?.watch.slowAt);
      }
      expect(found).toEqual([T0 + 5000, T0 + 5000, T0 + 9000, null]);
    });

    it("stores the progress until the resource is usable, and keeps it if a poll has no progress", async () => {
      const watch = newWatch({ readyMinutes: 15 });
      await ledger().startOrExtendWatch(watch);
      const first = {
        succeededAt: T0,
        readyPolls: 0,
        wasNotReady: true,
        reason: "NotReady",
        message: "no network",
      };
      const second = { ...first, readyPolls: 1, reason: null, message: null };
      const found: unknown[] = [];
      for (const [at, ready] of [undefined, first, undefined, second].entries()) {
        const poll = { key: watch, poll: at + 1, messageId: "m-1" };
        await ledger().claimPoll({ ...poll, now: T0, leaseMs: LEASE_MS });
        await ledger().recordPoll(pollRecord({ ...poll, ready }));
        found.push((await ledger().readWatchDocumentOrNull(watch))?.watch.ready);
      }
      expect(found).toEqual([null, first, first, second]);
    });

    it("does not count a poll that the rate limit postponed, but continues with the next poll number", async () => {
      const watch = await opened();
      await claim(watch, 1, "m-1");
      await ledger().recordPoll(pollRecord({ key: watch, rateLimited: true }));
      expect((await ledger().readWatchDocumentOrNull(watch))?.watch).toMatchObject({
        poll: 1,
        rateLimitedPolls: 1,
        pollDone: true,
      });
      await claim(watch, 2, "m-2");
      await ledger().recordPoll(pollRecord({ key: watch, poll: 2, messageId: "m-2" }));
      expect((await ledger().readWatchDocumentOrNull(watch))?.watch).toMatchObject({
        poll: 2,
        rateLimitedPolls: 1,
      });
    });

    it("keeps only the latest polls", async () => {
      const watch = await opened();
      await claim(watch, 1, "m-1");
      const polledAt = Array.from({ length: POLL_HISTORY + 5 }, (_, i) => T0 + i * 17_003);
      await ledger().recordPoll(pollRecord({ key: watch, polledAt }));
      expect((await ledger().readWatchDocumentOrNull(watch))?.watch.polledAt).toEqual(polledAt.slice(5));
    });

    it("stores small and large trees, replaces a changed tree and keeps the tree when a poll has no tree", async () => {
      const watch = await opened();
      const named = (i: number) => job({ jobId: `${i * 7919}-${i}`, reason: `because of ${i * i}` });
      const large = job({ subJobs: Array.from({ length: 40 }, (_, i) => named(i)) });
      const small = job({ phase: "Success", state: "succeeded" });
      for (const [index, tree] of [small, large, null, job({ ...large, phase: "New" }), small].entries()) {
        const poll = index + 1;
        await claim(watch, poll, "m-1");
        await ledger().recordPoll(pollRecord({ key: watch, poll, tree }));
        expect((await ledger().readWatchDocumentOrNull(watch))?.tree).toEqual(tree ?? large);
      }
    });
  });
}
