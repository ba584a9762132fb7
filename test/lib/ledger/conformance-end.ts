import type { Ledger } from "../../../lib/ledger/ledger.ts";
import type { WatchEnd } from "../../../lib/ledger/watch.ts";
import { conclusion, firstGeneration, job, LEASE_MS, NEVER, newWatch, T0 } from "./samples.ts";

export function describeEnds(ledger: () => Ledger): void {
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
    it("ends it when every target was told, whatever their order", async () => {
      const watch = newWatch({ targets: ["a", "b", "c"] });
      await ledger().openWatch(watch);
      const seen = { phase: "Failed", jobType: "DeleteNode", resourceName: "n-1" };
      expect(await ledger().endWatch({ ...endingOf(watch, ["c", "a", "b"]), job: seen })).toEqual({
        kind: "ended",
      });
      expect((await ledger().readWatch(watch))?.watch).toMatchObject({
        ...seen,
        state: "failed",
        pollDone: true,
        concludedAt: T0 + 50_000,
        nextPollAt: null,
        polledAt: [T0 + 20_000, T0 + 50_000],
      });
    });

    it("does not end it while a target was not told, and names all of them", async () => {
      const watch = newWatch({ targets: ["a"] });
      await ledger().openWatch(watch);
      await ledger().openWatch({ ...watch, targets: ["b"] });
      const refused = { kind: "targets_changed", targets: ["a", "b"] };
      expect(await ledger().endWatch(endingOf(watch, ["a"]))).toEqual(refused);
      expect(await ledger().endWatch(endingOf(watch, []))).toEqual(refused);
      expect(await ledger().endWatch(endingOf(watch, ["a", "b"]))).toEqual({ kind: "ended" });
    });

    it("ends a watch without targets, and keeps it out of the sweep's sight", async () => {
      const watch = newWatch({ targets: [] });
      await ledger().openWatch(watch);
      expect(await ledger().endWatch(endingOf(watch, []))).toEqual({ kind: "ended" });
      const due = await ledger().listOverdue(NEVER, 1000);
      expect(due.map(({ project }) => project)).not.toContain(watch.project);
    });

    it("ends once", async () => {
      const watch = newWatch();
      await ledger().openWatch(watch);
      const ends = await Promise.all([1, 2, 3].map(() => ledger().endWatch(endingOf(watch, ["deploys"]))));
      expect(ends.map(({ kind }) => kind).sort()).toEqual(["ended", "over", "over"]);
      expect(await ledger().endWatch(endingOf(newWatch(), []))).toEqual({ kind: "over" });
    });

    it("stays due a minute after its end, until a sweep has seen to its notifications", async () => {
      const watch = newWatch();
      await ledger().openWatch(watch);
      await ledger().endWatch(endingOf(watch, ["deploys"]));
      const due = await ledger().listOverdue(T0 + 110_001, 1000);
      expect(due).toContainEqual({ project: watch.project, jobId: watch.jobId, dueAt: T0 + 110_000 });
    });
  });

  describe("stopping a watch", () => {
    it("stops it once, and only while it is watched", async () => {
      const watch = newWatch();
      expect(await ledger().stopWatch(watch, T0, NEVER)).toBe("missing");
      await ledger().openWatch(watch);
      expect(await ledger().stopWatch(watch, T0 + 7, NEVER)).toBe("stopped");
      expect(await ledger().stopWatch(watch, T0 + 8, NEVER)).toBe("over");
      expect((await ledger().readWatch(watch))?.watch).toMatchObject({
        state: "stopped",
        concludedAt: T0 + 7,
        nextPollAt: null,
      });
    });

    it("beats an end that comes later, and loses against one that came before", async () => {
      const [first, second] = [newWatch(), newWatch()];
      await ledger().openWatch(first);
      await ledger().stopWatch(first, T0, NEVER);
      expect(await ledger().endWatch(endingOf(first, ["deploys"]))).toEqual({ kind: "over" });
      await ledger().openWatch(second);
      await ledger().endWatch(endingOf(second, ["deploys"]));
      expect(await ledger().stopWatch(second, T0, NEVER)).toBe("over");
    });

    it("takes it out of the overdue index", async () => {
      const watch = newWatch();
      await ledger().openWatch(watch);
      await ledger().claimPoll({ key: watch, poll: 1, messageId: "m-1", now: T0, leaseMs: LEASE_MS });
      await ledger().stopWatch(watch, T0, NEVER);
      const due = await ledger().listOverdue(NEVER, 1000);
      expect(due.map(({ project }) => project)).not.toContain(watch.project);
    });
  });

  describe("keeping a conclusion", () => {
    it("keeps the first and answers it to everybody", async () => {
      const watch = newWatch();
      await ledger().openWatch(watch);
      expect(await ledger().readOutcome(firstGeneration(watch))).toBeNull();
      const key = { project: watch.project, jobId: watch.jobId };
      const kept = await Promise.all(
        (["failed", "succeeded", "timed_out"] as const).map((outcome) =>
          ledger().saveOutcomeOnce(
            firstGeneration(watch),
            { summary: conclusion(key, { outcome }), tree: null },
            NEVER,
          ),
        ),
      );
      expect(new Set(kept.map(({ outcome }) => outcome)).size).toBe(1);
      expect(await ledger().readOutcome(firstGeneration(watch))).toEqual(kept[0]);
    });

    it("keeps the tree with it", async () => {
      const watch = newWatch();
      await ledger().openWatch(watch);
      const stored = {
        summary: conclusion({ project: watch.project, jobId: watch.jobId }),
        tree: job({ state: "failed", subJobs: [job({ type: "CreateVM", reason: "no quota" })] }),
      };
      await ledger().saveOutcomeOnce(firstGeneration(watch), stored, NEVER);
      expect(await ledger().readWatch(watch)).toMatchObject(stored);
    });

    it("ends nothing of a watch that was taken up again since", async () => {
      const watch = newWatch();
      await ledger().openWatch(watch);
      await ledger().stopWatch(watch, T0 + 1000, NEVER);
      await ledger().openWatch({ ...watch, acceptedAt: T0 + 5000 });
      expect(await ledger().endWatch(endingOf(watch, ["deploys"]))).toEqual({ kind: "over" });
      expect(await ledger().endWatch({ ...endingOf(watch, []), acceptedAt: T0 + 5000 })).toEqual({
        kind: "targets_changed",
        targets: ["deploys"],
      });
      expect((await ledger().readWatch(watch))?.watch.state).toBe("watching");
    });
  });
}
