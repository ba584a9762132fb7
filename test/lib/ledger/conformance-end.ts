import type { Ledger } from "../../../lib/ledger/ledger.ts";
import type { WatchEnd } from "../../../lib/ledger/watch-ledger.ts";
import { CALLER, conclusion, firstGeneration, job, LEASE_MS, NEVER, newWatch, T0 } from "./samples.ts";

export function describeEndAndStop(ledger: () => Ledger): void {
  const endingOf = (key: WatchEnd["key"], targets: readonly string[]): WatchEnd => ({
    key,
    acceptedAt: T0,
    targets,
    outcome: "failed",
    concludedAt: T0 + 50_000,
    polledAt: [T0 + 20_000, T0 + 50_000],
    expiresAt: NEVER,
  });

  describe("ending a watch", () => {
    it("ends the watch when all targets were notified, in any order", async () => {
      const watch = newWatch({ targets: ["a", "b", "c"] });
      await ledger().startOrExtendWatch(watch);
      const job = {
        phase: "Failed",
        jobType: "DeleteNode",
        resourceName: "n-1",
        cause: "DeleteVM: the server is locked",
        durationSeconds: 42.5,
      };
      expect(
        await ledger().endWatchUnlessTargetsAdded({ ...endingOf(watch, ["c", "a", "b"]), job: job }),
      ).toEqual({
        kind: "ended",
      });
      expect((await ledger().readWatchDocumentOrNull(watch))?.watch).toMatchObject({
        ...job,
        state: "failed",
        pollDone: true,
        concludedAt: T0 + 50_000,
        nextPollAt: null,
        polledAt: [T0 + 20_000, T0 + 50_000],
      });
    });

    it("returns all targets when one target was not notified", async () => {
      const watch = newWatch({ targets: ["a"] });
      await ledger().startOrExtendWatch(watch);
      await ledger().startOrExtendWatch({ ...watch, targets: ["b"] });
      const refused = { kind: "targets_changed", targets: ["a", "b"] };
      expect(await ledger().endWatchUnlessTargetsAdded(endingOf(watch, ["a"]))).toEqual(refused);
      expect(await ledger().endWatchUnlessTargetsAdded(endingOf(watch, []))).toEqual(refused);
      expect(await ledger().endWatchUnlessTargetsAdded(endingOf(watch, ["a", "b"]))).toEqual({
        kind: "ended",
      });
    });

    it("ends a watch without targets and removes it from the overdue index", async () => {
      const watch = newWatch({ targets: [] });
      await ledger().startOrExtendWatch(watch);
      expect(await ledger().endWatchUnlessTargetsAdded(endingOf(watch, []))).toEqual({ kind: "ended" });
      const due = await ledger().listOverdueWatches(NEVER, 1000);
      expect(due.map(({ project }) => project)).not.toContain(watch.project);
    });

    it("ends the watch once for concurrent calls", async () => {
      const watch = newWatch();
      await ledger().startOrExtendWatch(watch);
      const results = await Promise.all(
        [1, 2, 3].map(() => ledger().endWatchUnlessTargetsAdded(endingOf(watch, ["deploys"]))),
      );
      expect(results.map(({ kind }) => kind).sort()).toEqual(["ended", "over", "over"]);
      expect(await ledger().endWatchUnlessTargetsAdded(endingOf(newWatch(), []))).toEqual({ kind: "over" });
    });

    it("keeps the watch in the overdue index, due a minute after the end of the watch", async () => {
      const watch = newWatch();
      await ledger().startOrExtendWatch(watch);
      await ledger().endWatchUnlessTargetsAdded(endingOf(watch, ["deploys"]));
      const due = await ledger().listOverdueWatches(T0 + 110_001, 1000);
      expect(due).toContainEqual({
        project: watch.project,
        jobId: watch.jobId,
        caller: CALLER,
        dueAt: T0 + 110_000,
      });
    });
  });

  describe("stopping a watch", () => {
    it("stops a watch only once and only before the end of the watch", async () => {
      const watch = newWatch();
      expect(await ledger().stopWatch(watch, T0, NEVER)).toBe("missing");
      await ledger().startOrExtendWatch(watch);
      expect(await ledger().stopWatch(watch, T0 + 7, NEVER)).toBe("stopped");
      expect(await ledger().stopWatch(watch, T0 + 8, NEVER)).toBe("over");
      expect((await ledger().readWatchDocumentOrNull(watch))?.watch).toMatchObject({
        state: "stopped",
        concludedAt: T0 + 7,
        nextPollAt: null,
      });
    });

    it("prevents a later end and has no effect after an earlier end", async () => {
      const [first, second] = [newWatch(), newWatch()];
      await ledger().startOrExtendWatch(first);
      await ledger().stopWatch(first, T0, NEVER);
      expect(await ledger().endWatchUnlessTargetsAdded(endingOf(first, ["deploys"]))).toEqual({
        kind: "over",
      });
      await ledger().startOrExtendWatch(second);
      await ledger().endWatchUnlessTargetsAdded(endingOf(second, ["deploys"]));
      expect(await ledger().stopWatch(second, T0, NEVER)).toBe("over");
    });

    it("removes the watch from the overdue index", async () => {
      const watch = newWatch();
      await ledger().startOrExtendWatch(watch);
      await ledger().claimPoll({ key: watch, poll: 1, messageId: "m-1", now: T0, leaseMs: LEASE_MS });
      await ledger().stopWatch(watch, T0, NEVER);
      const due = await ledger().listOverdueWatches(NEVER, 1000);
      expect(due.map(({ project }) => project)).not.toContain(watch.project);
    });
  });

  describe("saving an outcome", () => {
    it("returns the first outcome to all concurrent calls and stores only the first outcome", async () => {
      const watch = newWatch();
      await ledger().startOrExtendWatch(watch);
      expect(await ledger().readOutcomeWithoutTree(firstGeneration(watch))).toBeNull();
      const key = { project: watch.project, jobId: watch.jobId };
      const summaries = await Promise.all(
        (["failed", "succeeded", "timed_out"] as const).map((outcome) =>
          ledger().getOrCreateOutcome(
            firstGeneration(watch),
            { summary: conclusion(key, { outcome }), tree: null, generations: {} },
            NEVER,
          ),
        ),
      );
      expect(new Set(summaries.map(({ summary }) => summary.outcome)).size).toBe(1);
      expect(await ledger().readOutcomeWithoutTree(firstGeneration(watch))).toEqual(summaries[0]);
    });

    it("stores the tree with the outcome", async () => {
      const watch = newWatch();
      await ledger().startOrExtendWatch(watch);
      const stored = {
        summary: conclusion({ project: watch.project, jobId: watch.jobId }),
        tree: job({ state: "failed", subJobs: [job({ type: "CreateVM", reason: "no quota" })] }),
        generations: { a: 2 },
      };
      await ledger().getOrCreateOutcome(firstGeneration(watch), stored, NEVER);
      expect(await ledger().readWatchDocumentOrNull(watch)).toMatchObject(stored);
    });

    it("does not end a restarted watch with the acceptance time of the previous generation", async () => {
      const watch = newWatch();
      await ledger().startOrExtendWatch(watch);
      await ledger().stopWatch(watch, T0 + 1000, NEVER);
      await ledger().startOrExtendWatch({ ...watch, acceptedAt: T0 + 5000 });
      expect(await ledger().endWatchUnlessTargetsAdded(endingOf(watch, ["deploys"]))).toEqual({
        kind: "over",
      });
      expect(
        await ledger().endWatchUnlessTargetsAdded({ ...endingOf(watch, []), acceptedAt: T0 + 5000 }),
      ).toEqual({
        kind: "targets_changed",
        targets: ["deploys"],
      });
      expect((await ledger().readWatchDocumentOrNull(watch))?.watch.state).toBe("watching");
    });
  });
}
