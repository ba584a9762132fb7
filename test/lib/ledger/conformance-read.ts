import type { Ledger } from "../../../lib/ledger/ledger.ts";
import { PageTokenError } from "../../../lib/ledger/page-token.ts";
import { attempt, firstGeneration, LEASE_MS, NEVER, newWatch, pollRecord, SLOW, T0 } from "./samples.ts";

export function describeReads(ledger: () => Ledger): void {
  describe("reading a watch", () => {
    it("returns the deliveries of the outcome, and then those of the slow job", async () => {
      const watch = newWatch({ targets: ["b", "a"] });
      await ledger().startOrExtendWatch(watch);
      const deliver = async (event: string, generation: number) => {
        const key = { ...firstGeneration(watch), generation, event, target: "b" };
        const notification = { key, redelivery: 0, messageId: "n-1" };
        await ledger().claimNotification({ ...notification, now: T0, leaseMs: LEASE_MS, expiresAt: NEVER });
        const tried = { state: "delivered", spent: true, nextAttemptAt: null } as const;
        await ledger().recordAttemptIfClaimed({
          ...notification,
          ...tried,
          attempt: attempt({ verdict: "delivered" }),
        });
      };
      const record = { ...SLOW, targets: ["b", "a"], generations: { b: 2 } };
      const slow = [
        { target: "b", event: "job.slow", state: "delivered", history: [{ verdict: "delivered" }] },
        { target: "a", event: "job.slow", state: "pending", attempts: 0, redelivery: 0, history: [] },
      ];
      expect((await ledger().readWatchDocumentOrNull(watch))?.slow).toBeNull();
      await ledger().getOrCreateSlowRecord({ ...watch, generation: 0 }, record, NEVER);
      await deliver("job.slow", 2);
      const running = await ledger().readWatchDocumentOrNull(watch);
      expect(running?.slow).toEqual(record);
      expect(running?.deliveries).toMatchObject([
        { target: "a", event: null, state: "pending" },
        { target: "b", event: null, state: "pending" },
        ...slow,
      ]);
      const end = { outcome: "failed", concludedAt: T0, polledAt: [], expiresAt: NEVER } as const;
      await ledger().endWatchUnlessTargetsAdded({
        key: watch,
        acceptedAt: watch.acceptedAt,
        targets: ["a", "b"],
        ...end,
      });
      await deliver("job.failed", 0);
      expect((await ledger().readWatchDocumentOrNull(watch))?.deliveries).toMatchObject([
        { target: "a", event: "job.failed", state: "pending", attempts: 0, redelivery: 0, history: [] },
        { target: "b", event: "job.failed", state: "delivered", attempts: 1 },
        ...slow,
      ]);
    });

    it("returns the progress: the state and the planned time of the next poll", async () => {
      const watch = newWatch();
      expect(await ledger().readProgressEventuallyConsistent(watch)).toBeNull();
      await ledger().startOrExtendWatch(watch);
      expect(await ledger().readProgressEventuallyConsistent(watch)).toEqual({
        state: "watching",
        nextPollAt: watch.nextPollAt,
      });
      await ledger().stopWatch(watch, T0, NEVER);
      expect(await ledger().readProgressEventuallyConsistent(watch)).toEqual({
        state: "stopped",
        nextPollAt: null,
      });
    });

    it("separates jobs whose IDs start alike", async () => {
      const watch = newWatch();
      await ledger().startOrExtendWatch({ ...watch, jobId: "job-1", targets: ["a"] });
      await ledger().startOrExtendWatch({ ...watch, jobId: "job-10", targets: ["b"] });
      expect((await ledger().readWatchDocumentOrNull({ ...watch, jobId: "job-1" }))?.watch.targets).toEqual([
        "a",
      ]);
    });
  });

  describe("the overdue index", () => {
    const entryOf = async (project: string, now: number) =>
      (await ledger().listOverdueWatches(now, 1000)).find((entry) => entry.project === project) ?? null;

    it("lists a watch half a minute after the planned poll and not earlier", async () => {
      const watch = newWatch();
      await ledger().startOrExtendWatch(watch);
      expect(await entryOf(watch.project, T0 + 50_000)).toBeNull();
      expect(await entryOf(watch.project, T0 + 50_001)).toMatchObject({ dueAt: T0 + 50_000 });
    });

    it("changes with each recorded poll", async () => {
      const watch = newWatch();
      await ledger().startOrExtendWatch(watch);
      await ledger().claimPoll({ key: watch, poll: 1, messageId: "m-1", now: T0, leaseMs: LEASE_MS });
      await ledger().recordPoll(pollRecord({ key: watch, nextPollAt: T0 + 400_000 }));
      expect(await entryOf(watch.project, T0 + 430_000)).toBeNull();
      expect(await entryOf(watch.project, T0 + 430_001)).toMatchObject({ dueAt: T0 + 430_000 });
    });

    it("lists at most the requested number of watches, the longest overdue first", async () => {
      const watches = Array.from({ length: 12 }, (_, i) =>
        newWatch({ nextPollAt: T0 - 900_000_000 - i * 1000 }),
      );
      for (const watch of watches) await ledger().startOrExtendWatch(watch);
      const due = await ledger().listOverdueWatches(T0 - 800_000_000, 5);
      const longestOverdue = watches.slice(-5).reverse();
      expect(due.map(({ project }) => project)).toEqual(longestOverdue.map(({ project }) => project));
      for (const entry of await ledger().listOverdueWatches(T0 - 800_000_000, 100))
        await ledger().rescheduleSweepIfUnchanged(entry, NEVER);
    });

    it("lets one of two sweeps move the same entry", async () => {
      const watch = newWatch();
      await ledger().startOrExtendWatch(watch);
      const entry = { project: watch.project, jobId: watch.jobId, caller: watch.caller, dueAt: T0 + 50_000 };
      const moves = [
        ledger().rescheduleSweepIfUnchanged(entry, T0 + 90_000),
        ledger().rescheduleSweepIfUnchanged(entry, T0 + 91_000),
      ];
      expect((await Promise.all(moves)).sort()).toEqual(["changed", "moved"]);
      expect(await entryOf(watch.project, T0 + 90_000)).toBeNull();
      expect(await entryOf(watch.project, T0 + 91_001)).not.toBeNull();
    });

    it("keeps a running watch, also when a sweep has seen an earlier generation with the same time", async () => {
      const watch = newWatch();
      await ledger().startOrExtendWatch(watch);
      expect(await ledger().rescheduleSweepIfUnchanged({ ...watch, dueAt: T0 + 50_000 }, null)).toBe(
        "changed",
      );
      expect(await entryOf(watch.project, NEVER)).toMatchObject({ dueAt: T0 + 50_000 });
    });

    it("removes an ended watch and adds the watch again, unless an earlier check is due", async () => {
      const watch = newWatch({ targets: ["a"] });
      await ledger().startOrExtendWatch(watch);
      const ending = {
        acceptedAt: T0,
        targets: ["a"],
        concludedAt: T0 - 10_000,
        polledAt: [],
        expiresAt: NEVER,
      };
      await ledger().endWatchUnlessTargetsAdded({ ...ending, key: watch, outcome: "failed" });
      await ledger().scheduleSweepByAndExtendExpiry(firstGeneration(watch), T0 + 70_000, NEVER);
      expect(await entryOf(watch.project, NEVER)).toMatchObject({ dueAt: T0 + 50_000 });
      expect(await ledger().rescheduleSweepIfUnchanged({ ...watch, dueAt: T0 + 50_000 }, null)).toBe("moved");
      expect(await entryOf(watch.project, NEVER)).toBeNull();
      await ledger().scheduleSweepByAndExtendExpiry(firstGeneration(watch), T0 + 70_000, NEVER);
      expect(await entryOf(watch.project, NEVER)).toMatchObject({ dueAt: T0 + 70_000 });
      await ledger().scheduleSweepByAndExtendExpiry(firstGeneration(newWatch()), T0, NEVER);
    });
  });

  describe("the list of recent watches", () => {
    it("returns the watches of one project page by page, newest first", async () => {
      const watch = newWatch();
      const jobIds = ["j-0", "j-1", "j-2", "j-3", "j-4"];
      for (const [i, jobId] of jobIds.entries()) {
        await ledger().startOrExtendWatch({ ...watch, jobId, acceptedAt: T0 + i });
      }
      await ledger().startOrExtendWatch(newWatch());
      const listed: string[] = [];
      let before: string | null = null;
      do {
        const page = await ledger().listRecentWatches(watch.project, { limit: 2, before });
        expect(page.watches.length).toBeLessThanOrEqual(2);
        listed.push(...page.watches.map(({ jobId }) => jobId));
        before = page.next;
      } while (before !== null);
      expect(listed).toEqual(jobIds.toReversed());
    });

    it("has a restarted watch at the time of its restart", async () => {
      const watch = newWatch();
      await ledger().startOrExtendWatch({ ...watch, jobId: "j-0" });
      await ledger().startOrExtendWatch({ ...watch, jobId: "j-1", acceptedAt: T0 + 1000 });
      await ledger().stopWatch({ ...watch, jobId: "j-0" }, T0 + 2000, NEVER);
      await ledger().startOrExtendWatch({ ...watch, jobId: "j-0", acceptedAt: T0 + 3000 });
      const { watches } = await ledger().listRecentWatches(watch.project, { limit: 9, before: null });
      expect(watches.map(({ jobId, acceptedAt }) => [jobId, acceptedAt])).toEqual([
        ["j-0", T0 + 3000],
        ["j-1", T0 + 1000],
      ]);
    });

    it("is empty for a project without watches", async () => {
      expect(await ledger().listRecentWatches("nowhere", { limit: 5, before: null })).toEqual({
        watches: [],
        next: null,
      });
    });

    it.each(["", "!", "bm9uc2Vuc2U", "WzEsMl0"])("refuses the page token '%s'", async (before) => {
      await expect(ledger().listRecentWatches("prod", { limit: 5, before })).rejects.toThrow(PageTokenError);
    });
  });
}
