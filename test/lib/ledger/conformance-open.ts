import type { Ledger } from "../../../lib/ledger/ledger.ts";
import {
  AWAKE,
  CALLER,
  conclusion,
  endOf,
  firstGeneration,
  job,
  LEASE_MS,
  NEVER,
  newWatch,
  pollRecord,
  T0,
  UPGRADE,
} from "./samples.ts";

const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const ENCRYPTED = "encrypted:".padEnd(180, "x");

export function describeOpen(ledger: () => Ledger): void {
  describe("opening a watch", () => {
    it("keeps the longer of two times readyMinutes while the watch runs", async () => {
      const watch = newWatch();
      const readyMinutes = async () => (await ledger().readWatchDocumentOrNull(watch))?.watch.readyMinutes;
      await ledger().startOrExtendWatch(watch);
      for (const [asked, expected] of [
        [15, 15],
        [5, 15],
        [null, 15],
        [20, 20],
      ] as const) {
        const opened = await ledger().startOrExtendWatch({ ...watch, readyMinutes: asked });
        expect(opened).toMatchObject({ kind: "already_watching", watch: { readyMinutes: expected } });
        expect(await readyMinutes()).toBe(expected);
      }
      await ledger().endWatchUnlessTargetsAdded(endOf(watch));
      await ledger().startOrExtendWatch({ ...watch, readyMinutes: 60 });
      expect(await readyMinutes()).toBe(20);
    });

    it("stores the operation of a watch, and the kind as the type of the job", async () => {
      const watch = newWatch({ operation: AWAKE });
      await ledger().startOrExtendWatch(watch);
      expect((await ledger().readWatchDocumentOrNull(watch))?.watch).toMatchObject({
        operation: AWAKE,
        jobType: "awake",
      });
      const claim = { key: watch, poll: 1, messageId: "m-1", now: T0, leaseMs: LEASE_MS };
      expect(await ledger().claimPoll(claim)).toMatchObject({
        watch: { operation: AWAKE, jobType: "awake" },
      });
      const [job] = await ledger().listJobWatchesNewestFirst(watch);
      expect(job).toMatchObject({ operation: AWAKE });
    });

    it("restarts an ended operation without a task, but not a running one", async () => {
      const watch = newWatch({ operation: AWAKE });
      await ledger().startOrExtendWatch(watch);
      expect(await ledger().startOrExtendWatch(watch)).toMatchObject({ kind: "already_watching" });
      await ledger().endWatchUnlessTargetsAdded(endOf(watch));
      const again = { ...watch, acceptedAt: T0 + 1 };
      expect(await ledger().startOrExtendWatch(again)).toEqual({ kind: "accepted", poll: 1, generation: 1 });
      expect((await ledger().readWatchDocumentOrNull(watch))?.watch).toMatchObject({
        state: "watching",
        operation: AWAKE,
        jobType: "awake",
        phase: null,
      });
    });

    it.each([
      ["does not restart an ended operation with the same task", UPGRADE, UPGRADE, "already_watching"],
      ["restarts the ended watch of a job as an operation", null, UPGRADE, "accepted"],
      ["does not restart an ended operation for a job", UPGRADE, null, "already_watching"],
    ] as const)("%s", async (_, first, second, kind) => {
      const watch = newWatch({ operation: first });
      await ledger().startOrExtendWatch(watch);
      await ledger().endWatchUnlessTargetsAdded(endOf(watch));
      expect(await ledger().startOrExtendWatch({ ...watch, operation: second })).toMatchObject({ kind });
      const stored = kind === "accepted" ? second : first;
      expect((await ledger().readWatchDocumentOrNull(watch))?.watch.operation).toEqual(stored);
    });

    it("accepts a new watch with poll 1", async () => {
      const watch = newWatch({ targets: ["ops", "deploys"] });
      expect(await ledger().startOrExtendWatch(watch)).toEqual({ kind: "accepted", poll: 1, generation: 0 });
      const read = await ledger().readWatchDocumentOrNull(watch);
      expect(read?.watch).toEqual({
        project: watch.project,
        jobId: watch.jobId,
        caller: CALLER,
        state: "watching",
        generation: 0,
        poll: 0,
        previousPolls: 0,
        rateLimitedPolls: 0,
        readyMinutes: null,
        ready: null,
        slowAt: null,
        operation: null,
        pollDone: true,
        acceptedAt: T0,
        deadlineAt: T0 + 7_200_000,
        concludedAt: null,
        nextPollAt: T0 + 20_000,
        targets: ["deploys", "ops"],
        digestId: null,
        traceparent: null,
        phase: null,
        jobType: null,
        resourceName: null,
        accessError: null,
        lastPollError: null,
        consecutiveFailures: 0,
        cause: null,
        durationSeconds: null,
        polledAt: [],
      });
    });

    it("keeps the trace context of the first call until the watch is restarted", async () => {
      const watch = newWatch({ traceparent: TRACEPARENT });
      await ledger().startOrExtendWatch(watch);
      await ledger().startOrExtendWatch({ ...watch, traceparent: null, targets: ["ops"] });
      expect((await ledger().readWatchDocumentOrNull(watch))?.watch.traceparent).toBe(TRACEPARENT);
      await ledger().stopWatch(watch, T0, NEVER);
      await ledger().startOrExtendWatch({ ...watch, traceparent: null });
      expect((await ledger().readWatchDocumentOrNull(watch))?.watch.traceparent).toBeNull();
    });

    it("accepts a watch without targets, context or callbacks", async () => {
      const watch = newWatch({ targets: [], context: {} });
      expect(await ledger().startOrExtendWatch(watch)).toEqual({ kind: "accepted", poll: 1, generation: 0 });
      expect(await ledger().readWatchDocumentOrNull(watch)).toMatchObject({
        context: {},
        callbacks: {},
        watch: { targets: [] },
      });
    });

    it("returns the existing watch to a second call and changes nothing", async () => {
      const watch = newWatch();
      await ledger().startOrExtendWatch(watch);
      const again = await ledger().startOrExtendWatch({
        ...watch,
        deadlineAt: T0 + 1,
        context: { actor: "other" },
      });
      expect(again).toMatchObject({ kind: "already_watching", addedTargets: [], watch: { poll: 0 } });
      expect(await ledger().readWatchDocumentOrNull(watch)).toMatchObject({
        watch: { deadlineAt: watch.deadlineAt },
        context: watch.context,
      });
    });

    it("adds the targets of a second call and returns the new targets", async () => {
      const watch = newWatch({ targets: ["a", "b"] });
      await ledger().startOrExtendWatch(watch);
      const again = await ledger().startOrExtendWatch({ ...watch, targets: ["c", "b"] });
      expect(again).toMatchObject({ addedTargets: ["c"], watch: { targets: ["a", "b", "c"] } });
      expect((await ledger().readWatchDocumentOrNull(watch))?.watch.targets).toEqual(["a", "b", "c"]);
    });

    it("accepts one of two concurrent calls and keeps the targets of both", async () => {
      const watch = newWatch({ targets: ["a"] });
      const both = await Promise.all([
        ledger().startOrExtendWatch(watch),
        ledger().startOrExtendWatch({ ...watch, targets: ["b"] }),
      ]);
      expect(both.map(({ kind }) => kind).sort()).toEqual(["accepted", "already_watching"]);
      expect((await ledger().readWatchDocumentOrNull(watch))?.watch.targets).toEqual(["a", "b"]);
    });

    it("returns a new target to only one of several concurrent calls", async () => {
      const watch = newWatch({ targets: ["a"] });
      await ledger().startOrExtendWatch(watch);
      const calls = [1, 2, 3].map(() => ledger().startOrExtendWatch({ ...watch, targets: ["b"] }));
      const added = (await Promise.all(calls)).flatMap((o) =>
        o.kind === "already_watching" ? o.addedTargets : [],
      );
      expect(added).toEqual(["b"]);
    });

    it("refuses targets and callbacks above the limits of a watch, and changes nothing", async () => {
      const limits = { callbacksPerWatch: 2, targetsPerWatch: 3 };
      const watch = { ...newWatch({ targets: ["a", "callback:1"] }), limits };
      const add = async (...targets: string[]) => {
        const opened = await ledger().startOrExtendWatch({
          ...watch,
          targets,
          deadlineAt: watch.deadlineAt + 1,
        });
        return opened.kind === "limit_exceeded" ? opened.limit : opened.kind;
      };
      await ledger().startOrExtendWatch(watch);
      expect(await add("callback:2", "callback:3")).toBe("callbacksPerWatch");
      expect(await add("callback:2", "b", "c", "d")).toBe("targetsPerWatch");
      expect((await ledger().readWatchDocumentOrNull(watch))?.watch).toMatchObject({
        targets: watch.targets,
        deadlineAt: watch.deadlineAt,
      });
      expect(await add("callback:2")).toBe("already_watching");
      expect(await add("callback:2", "a")).toBe("already_watching");
      expect(await add("callback:3")).toBe("callbacksPerWatch");
      expect(await add("b", "c")).toBe("already_watching");
      expect(await add("d")).toBe("targetsPerWatch");
      const { limits: _, ...unlimited } = watch;
      expect(await ledger().startOrExtendWatch({ ...unlimited, targets: ["d", "callback:3"] })).toMatchObject(
        {
          addedTargets: ["d", "callback:3"],
        },
      );
      expect(await add("d", "callback:3")).toBe("already_watching");
    });

    it("does not exceed the limits together when many calls add targets at the same time", async () => {
      const limits = { callbacksPerWatch: 2, targetsPerWatch: 1 };
      const watch = { ...newWatch({ targets: [] }), limits };
      await ledger().startOrExtendWatch(watch);
      await Promise.allSettled(
        Array.from({ length: 8 }, (_, i) =>
          ledger().startOrExtendWatch({ ...watch, targets: [`callback:${i}`] }),
        ),
      );
      expect((await ledger().readWatchDocumentOrNull(watch))?.watch.targets.length).toBeLessThanOrEqual(3);
    });

    it("counts the watches of a caller until they are over", async () => {
      const { project } = newWatch();
      const watches = ["a", "b", "c"].map((jobId) =>
        newWatch({ project, jobId, caller: `token:${project}` }),
      );
      for (const watch of watches) await ledger().startOrExtendWatch(watch);
      await ledger().startOrExtendWatch(newWatch());
      const count = () => ledger().countUnfinishedWatchesApproximately(`token:${project}`);
      expect([await count(), await ledger().countUnfinishedWatchesApproximately("token:none")]).toEqual([
        3, 0,
      ]);
      await ledger().stopWatch(watches[1] ?? newWatch(), T0, NEVER);
      expect(await count()).toBe(2);
    });

    it("stores small and large contexts and callbacks and adds the callbacks of a second call", async () => {
      const labels = Object.fromEntries(
        Array.from({ length: 20 }, (_, i) => [`label-${i}`, "v".repeat(150)]),
      );
      for (const context of [{ actor: "x" }, { actor: "x", labels }]) {
        const watch = newWatch({ context, callbacks: { "callback:a": ENCRYPTED }, targets: ["callback:a"] });
        await ledger().startOrExtendWatch(watch);
        await ledger().startOrExtendWatch({
          ...watch,
          context: { actor: "later" },
          targets: ["callback:b"],
          callbacks: { "callback:b": "encrypted-b" },
        });
        const expected = { context, callbacks: { "callback:a": ENCRYPTED, "callback:b": "encrypted-b" } };
        expect(await ledger().readCallerData(firstGeneration(watch))).toEqual(expected);
        expect(await ledger().readWatchDocumentOrNull(watch)).toMatchObject(expected);
      }
    });

    it("keeps the first context of a generation after a restart, also if a later call added a callback", async () => {
      const watch = newWatch({ context: { actor: "first" }, targets: ["callback:a"] });
      const callbacks = { "callback:a": ENCRYPTED };
      await ledger().startOrExtendWatch(watch);
      await ledger().startOrExtendWatch({ ...watch, context: { actor: "later" }, callbacks });
      await ledger().stopWatch(watch, T0 + 1, NEVER);
      await ledger().startOrExtendWatch({ ...watch, context: { actor: "restart" } });
      expect(await ledger().readCallerData(firstGeneration(watch))).toEqual({
        context: { actor: "first" },
        callbacks,
      });
    });

    it("returns nothing for a watch or a generation that does not exist", async () => {
      const watch = newWatch();
      expect(await ledger().readWatchDocumentOrNull(watch)).toBeNull();
      const nothing = { context: {}, callbacks: {} };
      expect(await ledger().readCallerData(firstGeneration(watch))).toEqual(nothing);
      await ledger().startOrExtendWatch(watch);
      expect(await ledger().readCallerData({ ...firstGeneration(watch), generation: 7 })).toEqual(nothing);
    });

    it("restarts a stopped watch with new data and the next poll number", async () => {
      const watch = newWatch({ targets: ["a"], digestId: "digest-1" });
      await ledger().startOrExtendWatch(watch);
      await ledger().claimPoll({ key: watch, poll: 1, messageId: "m-1", now: T0, leaseMs: LEASE_MS });
      await ledger().stopWatch(watch, T0 + 1000, NEVER);
      const later = {
        acceptedAt: T0 + 5000,
        deadlineAt: T0 + 9_000_000,
        nextPollAt: T0 + 6000,
        digestId: null,
      };
      const context = { actor: "later" };
      const again = await ledger().startOrExtendWatch({ ...watch, ...later, targets: ["b"], context });
      expect(again).toEqual({ kind: "accepted", poll: 2, generation: 1 });
      expect((await ledger().readWatchDocumentOrNull(watch))?.watch).toMatchObject({
        ...later,
        state: "watching",
        poll: 1,
        generation: 1,
        rateLimitedPolls: 0,
        readyMinutes: null,
        ready: null,
        operation: null,
        previousPolls: 1,
        pollDone: true,
        concludedAt: null,
        targets: ["b"],
      });
      expect(await ledger().readCallerData({ ...watch, generation: 1 })).toMatchObject({ context });
    });

    it("forgets at a restart everything that earlier polls found", async () => {
      const watch = newWatch();
      const poll = { key: watch, poll: 1, messageId: "m-1" };
      await ledger().startOrExtendWatch(watch);
      const before = await ledger().readWatchDocumentOrNull(watch);
      await ledger().claimPoll({ ...poll, now: T0, leaseMs: LEASE_MS });
      await ledger().recordPoll(
        pollRecord({
          ...poll,
          rateLimited: true,
          accessError: { kind: "forbidden", since: T0 },
          lastPollError: { text: "HTTP 500", since: T0 },
          consecutiveFailures: 4,
          slowAt: T0 + 5000,
          ready: { succeededAt: T0, readyPolls: 1, wasNotReady: true, reason: "r", message: "m" },
          tree: job(),
        }),
      );
      await ledger().stopWatch(watch, T0 + 1000, NEVER);
      await ledger().startOrExtendWatch(watch);
      expect(await ledger().readWatchDocumentOrNull(watch)).toEqual({
        ...before,
        watch: { ...before?.watch, generation: 1, poll: 1, previousPolls: 1 },
      });
    });

    it("makes messages of the stopped generation stale after a restart", async () => {
      const watch = newWatch();
      const poll = { key: watch, poll: 1, messageId: "m-1", leaseMs: LEASE_MS };
      await ledger().startOrExtendWatch(watch);
      await ledger().claimPoll({ ...poll, now: T0 });
      await ledger().stopWatch(watch, T0 + 1000, NEVER);
      await ledger().startOrExtendWatch(watch);
      expect(await ledger().claimPoll({ ...poll, now: T0 + 90_000 })).toEqual({
        kind: "stale",
        reason: "done",
      });
      expect(await ledger().claimPoll({ ...poll, poll: 2, now: T0 })).toMatchObject({ kind: "claimed" });
    });

    it.each(["timed_out", "lost"] as const)(
      "restarts a watch that ended as %s after it was stopped",
      async (outcome) => {
        const watch = newWatch({ targets: ["a"] });
        await ledger().startOrExtendWatch(watch);
        await ledger().getOrCreateOutcome(
          firstGeneration(watch),
          { summary: conclusion(watch), tree: null, generations: {} },
          NEVER,
        );
        const ending = { targets: ["a"], concludedAt: T0, polledAt: [], expiresAt: NEVER, acceptedAt: T0 };
        const job = { phase: "Running", jobType: "T", resourceName: "r", cause: "c", durationSeconds: 1 };
        await ledger().endWatchUnlessTargetsAdded({ ...ending, key: watch, outcome, job });
        expect((await ledger().startOrExtendWatch({ ...watch, acceptedAt: T0 + 5000 })).kind).toBe(
          "already_watching",
        );
        expect(await ledger().stopWatch(watch, T0 + 6000, NEVER)).toBe("over");
        expect(await ledger().readWatchDocumentOrNull(watch)).toMatchObject({
          watch: { state: outcome },
          summary: {},
        });

        const later = { ...watch, acceptedAt: T0 + 7000, deadlineAt: T0 + 9_000_000 };
        expect(await ledger().startOrExtendWatch(later)).toEqual({
          kind: "accepted",
          poll: 1,
          generation: 1,
        });
        const further = await ledger().startOrExtendWatch({ ...later, acceptedAt: T0 + 8000 });
        expect(further.kind).toBe("already_watching");
        expect(await ledger().readWatchDocumentOrNull(watch)).toMatchObject({
          summary: null,
          tree: null,
          watch: {
            state: "watching",
            generation: 1,
            acceptedAt: T0 + 7000,
            concludedAt: null,
            cause: null,
            durationSeconds: null,
          },
        });
      },
    );

    it("separates the outcome, the caller data and the polls of each generation", async () => {
      const callbacks = { "callback:a": "encrypted-a" };
      const watch = newWatch({ targets: ["callback:a"], callbacks, context: { actor: "first" } });
      const { project, jobId } = watch;
      await ledger().startOrExtendWatch(watch);
      await ledger().claimPoll({ key: watch, poll: 1, messageId: "m-1", now: T0, leaseMs: LEASE_MS });
      const subJobs = Array.from({ length: 40 }, (_, i) =>
        job({ jobId: `${i}`, reason: `because of ${i * i}` }),
      );
      await ledger().recordPoll(pollRecord({ key: watch, tree: job({ subJobs }) }));
      const first = conclusion({ project, jobId }, { outcome: "lost" });
      await ledger().getOrCreateOutcome(
        firstGeneration(watch),
        { summary: first, tree: null, generations: {} },
        NEVER,
      );
      await ledger().endWatchUnlessTargetsAdded({
        key: watch,
        outcome: "lost",
        targets: ["callback:a"],
        acceptedAt: T0,
        concludedAt: T0 + 9,
        polledAt: [T0],
        expiresAt: NEVER,
      });
      await ledger().stopWatch(watch, T0 + 6000, NEVER);
      const again = {
        ...watch,
        acceptedAt: T0 + 7000,
        context: { actor: "second" },
        callbacks: {},
        targets: ["b"],
      };
      await ledger().startOrExtendWatch(again);
      expect(await ledger().readWatchDocumentOrNull(watch)).toMatchObject({
        context: { actor: "second" },
        summary: null,
        tree: null,
        watch: {
          generation: 1,
          poll: 1,
          phase: null,
          jobType: null,
          resourceName: null,
          polledAt: [],
          targets: ["b"],
        },
      });
      const second = conclusion({ project, jobId }, { outcome: "succeeded" });
      const later = { ...watch, generation: 1 };
      await ledger().getOrCreateOutcome(later, { summary: second, tree: null, generations: {} }, NEVER);
      expect([
        await ledger().readOutcomeWithoutTree(firstGeneration(watch)),
        await ledger().readOutcomeWithoutTree(later),
      ]).toMatchObject([{ summary: first }, { summary: second }]);
      expect((await ledger().readCallerData(firstGeneration(watch))).callbacks).toEqual(callbacks);
    });

    it.each([
      ["small", "encrypted"],
      ["large", "e".repeat(300)],
    ])("keeps the %s caller data of a generation apart from the next generation", async (_, encrypted) => {
      const callbacks = { "callback:a": encrypted };
      const watch = newWatch({ targets: ["callback:a"], callbacks, context: { actor: "first" } });
      await ledger().startOrExtendWatch(watch);
      await ledger().stopWatch(watch, T0 + 1, NEVER);
      const second = { context: { actor: "second" }, callbacks: { "callback:b": encrypted } };
      await ledger().startOrExtendWatch({ ...watch, ...second, targets: ["callback:b"] });
      expect(await ledger().readWatchDocumentOrNull(watch)).toMatchObject(second);
      expect((await ledger().readWatchDocumentOrNull(watch))?.callbacks).toEqual(second.callbacks);
      expect(await ledger().readCallerData({ ...firstGeneration(watch), generation: 1 })).toEqual(second);
      expect(await ledger().readCallerData(firstGeneration(watch))).toEqual({
        context: { actor: "first" },
        callbacks,
      });
    });

    it("does not restart a watch whose job ended", async () => {
      const watch = newWatch({ targets: [] });
      await ledger().startOrExtendWatch(watch);
      const ending = { targets: [], concludedAt: T0, polledAt: [], expiresAt: NEVER, acceptedAt: T0 };
      await ledger().endWatchUnlessTargetsAdded({ ...ending, key: watch, outcome: "failed" });
      await ledger().stopWatch(watch, T0 + 6000, NEVER);
      expect((await ledger().startOrExtendWatch({ ...watch, acceptedAt: T0 + 7000 })).kind).toBe(
        "already_watching",
      );
    });

    it("adds targets to a watch that has ended and puts it into the overdue index", async () => {
      const watch = newWatch({ targets: ["a"] });
      await ledger().startOrExtendWatch(watch);
      await ledger().getOrCreateOutcome(
        firstGeneration(watch),
        { summary: conclusion(watch), tree: null, generations: {} },
        NEVER,
      );
      const ending = { acceptedAt: T0, targets: ["a"], concludedAt: T0, polledAt: [], expiresAt: NEVER };
      await ledger().endWatchUnlessTargetsAdded({ ...ending, key: watch, outcome: "failed" });
      await ledger().rescheduleSweepIfUnchanged({ ...watch, dueAt: T0 + 60_000 }, null);
      const again = await ledger().startOrExtendWatch({
        ...watch,
        targets: ["b"],
        acceptedAt: T0 + 500_000,
      });
      expect(again).toMatchObject({
        kind: "already_watching",
        addedTargets: ["b"],
        watch: { state: "failed", targets: ["a", "b"] },
      });
      const due = await ledger().listOverdueWatches(T0 + 700_000, 1000);
      expect(due).toContainEqual({
        project: watch.project,
        jobId: watch.jobId,
        caller: CALLER,
        dueAt: T0 + 560_000,
      });
    });
  });
}
