import type { Ledger } from "../../../lib/ledger/ledger.ts";
import { createNotificationKey } from "../../../lib/ledger/notification.ts";
import type { NewWatch, WatchEnd } from "../../../lib/ledger/watch-ledger.ts";
import {
  conclusion,
  endOf,
  firstGeneration,
  job,
  LEASE_MS,
  NEVER,
  newWatch,
  pollRecord,
  SLOW,
  T0,
} from "./samples.ts";

export function describeCallers(ledger: () => Ledger): void {
  /** Returns the watches of two callers of one job. */
  const twoWatches = (first: Partial<NewWatch> = {}, second: Partial<NewWatch> = {}) => {
    const a = newWatch({ caller: "token:a", targets: ["shared"], ...first });
    return { a, b: { ...a, caller: "oidc:https://ci.example.com:a#b", ...second } };
  };
  const end = (watch: NewWatch, outcome: WatchEnd["outcome"], acceptedAt = T0) =>
    ledger().endWatchUnlessTargetsAdded({
      ...endOf(watch),
      acceptedAt,
      outcome,
      concludedAt: acceptedAt + 50_000,
    });

  describe("the watches of two callers of one job", () => {
    it("have their own targets, callbacks, deadlines, contexts and digests", async () => {
      const own = { deadlineAt: T0 + 1, context: { actor: "b" }, callbacks: { "callback:b": "x" } };
      const { a, b } = twoWatches({}, { ...own, targets: ["callback:b", "ops"], digestId: "d-b" });
      expect(await ledger().startOrExtendWatch(a)).toEqual({ kind: "accepted", poll: 1, generation: 0 });
      expect(await ledger().startOrExtendWatch(b)).toEqual({ kind: "accepted", poll: 1, generation: 0 });
      expect(await ledger().readWatchDocumentOrNull(a)).toMatchObject({
        context: a.context,
        callbacks: {},
        watch: { caller: "token:a", targets: ["shared"], deadlineAt: a.deadlineAt, digestId: null },
      });
      expect(await ledger().readWatchDocumentOrNull(b)).toMatchObject({
        context: { actor: "b" },
        callbacks: own.callbacks,
        watch: { caller: b.caller, targets: ["callback:b", "ops"], deadlineAt: T0 + 1, digestId: "d-b" },
      });
    });

    it("are polled, stopped and ended independently of each other", async () => {
      const { a, b } = twoWatches();
      for (const watch of [a, b]) await ledger().startOrExtendWatch(watch);
      const claim = { poll: 1, now: T0, leaseMs: LEASE_MS };
      for (const [messageId, key] of [["m-a", a] as const, ["m-b", b] as const])
        expect(await ledger().claimPoll({ ...claim, key, messageId })).toMatchObject({ kind: "claimed" });
      expect(await ledger().stopWatch(a, T0 + 5, NEVER)).toBe("stopped");
      expect((await ledger().readWatchDocumentOrNull(b))?.watch.state).toBe("watching");
      expect(await end(b, "failed")).toEqual({ kind: "ended" });
      expect((await ledger().readWatchDocumentOrNull(a))?.watch.state).toBe("stopped");
      const third = { ...a, caller: "token:c" };
      expect(await ledger().stopWatch(third, T0, NEVER)).toBe("missing");
      expect(await ledger().readWatchDocumentOrNull(third)).toBeNull();
    });

    it("have their own outcomes", async () => {
      const { a, b } = twoWatches();
      for (const watch of [a, b]) await ledger().startOrExtendWatch(watch);
      const stored = { tree: null, generations: {} };
      const summary = conclusion(a, { context: { actor: "a" } });
      await ledger().getOrCreateOutcome({ ...a, generation: 0 }, { ...stored, summary }, NEVER);
      expect(await ledger().readOutcomeWithoutTree({ ...b, generation: 0 })).toBeNull();
      expect((await ledger().readWatchDocumentOrNull(b))?.summary).toBeNull();
    });

    it("have their own records of a slow job", async () => {
      const { a, b } = twoWatches();
      const [ofA, ofB] = [firstGeneration(a), firstGeneration(b)];
      expect(await ledger().getOrCreateSlowRecord(ofA, SLOW, NEVER)).toEqual(SLOW);
      expect(await ledger().readSlowRecord(ofB)).toBeNull();
      const other = { ...SLOW, targets: ["ops"] };
      expect(await ledger().getOrCreateSlowRecord(ofB, other, NEVER)).toEqual(other);
      expect(await ledger().readSlowRecord(ofA)).toEqual(SLOW);
    });

    it("have their own large trees", async () => {
      const { a, b } = twoWatches();
      const treeOf = (watch: NewWatch) =>
        job({
          subJobs: Array.from({ length: 40 }, (_, i) =>
            job({ jobId: `${i * 7919}`, reason: `${watch.caller} ${i}` }),
          ),
        });
      for (const watch of [a, b]) {
        await ledger().startOrExtendWatch(watch);
        await ledger().claimPoll({ key: watch, poll: 1, messageId: "m-1", now: T0, leaseMs: LEASE_MS });
        await ledger().recordPoll(pollRecord({ key: watch, tree: treeOf(watch) }));
      }
      for (const watch of [a, b])
        expect((await ledger().readWatchDocumentOrNull(watch))?.tree).toEqual(treeOf(watch));
    });

    it("are listed newest first, by job and by project", async () => {
      const { a, b } = twoWatches({ acceptedAt: T0 + 1000 }, { acceptedAt: T0 });
      for (const watch of [a, b]) await ledger().startOrExtendWatch(watch);
      await ledger().startOrExtendWatch({ ...b, jobId: `${a.jobId}-2` });
      const callers = (await ledger().listJobWatchesNewestFirst(a)).map(({ caller }) => caller);
      expect(callers).toEqual([a.caller, b.caller]);
      const page = await ledger().listRecentWatches(a.project, { limit: 1, before: null });
      expect(page.watches.map(({ caller }) => caller)).toEqual([a.caller]);
      const rest = await ledger().listRecentWatches(a.project, { limit: 9, before: page.next });
      expect(rest.watches.map(({ jobId }) => jobId).toSorted()).toEqual([a.jobId, `${a.jobId}-2`]);
    });

    it("are both found by the sweep", async () => {
      const { a, b } = twoWatches();
      for (const watch of [a, b]) await ledger().startOrExtendWatch(watch);
      const due = (await ledger().listOverdueWatches(NEVER, 1000)).filter(
        ({ project }) => project === a.project,
      );
      expect(due.map(({ caller }) => caller).toSorted()).toEqual([b.caller, a.caller]);
      const [first] = due;
      if (first !== undefined) await ledger().stopWatch(first, T0, NEVER);
      expect(
        (await ledger().listOverdueWatches(NEVER, 1000)).filter(({ project }) => project === a.project),
      ).toHaveLength(1);
    });
  });

  describe("a second call of the same caller", () => {
    it("moves the deadline of a running watch to the later of both deadlines", async () => {
      const watch = newWatch();
      await ledger().startOrExtendWatch(watch);
      for (const [asked, result] of [
        [watch.deadlineAt - 1000, watch.deadlineAt],
        [watch.deadlineAt + 1000, watch.deadlineAt + 1000],
        [watch.deadlineAt, watch.deadlineAt + 1000],
      ] as const) {
        const again = await ledger().startOrExtendWatch({ ...watch, deadlineAt: asked });
        expect(again).toMatchObject({ kind: "already_watching", watch: { deadlineAt: result } });
        expect((await ledger().readWatchDocumentOrNull(watch))?.watch.deadlineAt).toBe(result);
      }
    });

    it("does not move the deadline of a watch that has ended", async () => {
      const watch = newWatch();
      await ledger().startOrExtendWatch(watch);
      await end(watch, "failed");
      const again = await ledger().startOrExtendWatch({ ...watch, deadlineAt: watch.deadlineAt + 1000 });
      expect(again).toMatchObject({ kind: "already_watching", watch: { deadlineAt: watch.deadlineAt } });
    });
  });

  describe("the notification of two watches to the same target", () => {
    const keyOf = async (watch: NewWatch, event: string) => {
      const document = await ledger().readWatchDocumentOrNull(watch);
      if (document === null) throw new Error("the watch does not exist");
      return createNotificationKey(document.watch, document.generations, event, "shared");
    };

    it("has one key, and each watch shows its delivery", async () => {
      const { a, b } = twoWatches();
      for (const watch of [a, b]) {
        await ledger().startOrExtendWatch(watch);
        await end(watch, "failed");
      }
      const key = await keyOf(a, "job.failed");
      expect(await keyOf(b, "job.failed")).toEqual(key);
      const lease = { key, redelivery: 0, now: T0, leaseMs: LEASE_MS, expiresAt: NEVER };
      expect(await ledger().claimNotification({ ...lease, messageId: "n-a" })).toMatchObject({
        kind: "claimed",
      });
      expect((await ledger().claimNotification({ ...lease, messageId: "n-b" })).kind).toBe("other_owner");
    });

    it("has a key of its own for each event and each target", async () => {
      const watch = newWatch();
      const key = { project: watch.project, jobId: watch.jobId, generation: 0, event: "job.failed" };
      const lease = { redelivery: 0, now: T0, leaseMs: LEASE_MS, expiresAt: NEVER, messageId: "n-1" };
      for (const [event, target] of [
        ["job.failed", "a"],
        ["job.timed_out", "a"],
        ["job.failed", "b"],
      ] as const) {
        const claim = await ledger().claimNotification({ ...lease, key: { ...key, event, target } });
        expect(claim.kind).toBe("claimed");
      }
    });

    it("has the same key while both watches run, although one watch was restarted", async () => {
      const { a, b } = twoWatches();
      for (const watch of [a, b]) await ledger().startOrExtendWatch(watch);
      await ledger().stopWatch(a, T0 + 1000, NEVER);
      expect(await ledger().startOrExtendWatch({ ...a, acceptedAt: T0 + 2000 })).toMatchObject({
        generation: 1,
      });
      expect(await keyOf(b, "job.failed")).toEqual(await keyOf(a, "job.failed"));
    });

    it("has a new key after the restart of either watch", async () => {
      const { a, b } = twoWatches();
      const keys: number[] = [];
      for (const watch of [a, b]) await ledger().startOrExtendWatch(watch);
      for (const [i, watch] of [a, b, a].entries()) {
        await ledger().stopWatch(watch, T0, NEVER);
        await ledger().startOrExtendWatch({ ...watch, acceptedAt: T0 + 1000 * (i + 1) });
        keys.push((await keyOf(watch, "job.timed_out")).generation);
      }
      expect(keys).toEqual([1, 2, 3]);
    });

    it("does not change when a caller restarts a watch without the target", async () => {
      const { a, b } = twoWatches({}, { targets: ["other"] });
      for (const watch of [a, b]) await ledger().startOrExtendWatch(watch);
      const before = await keyOf(a, "job.failed");
      await ledger().stopWatch(b, T0, NEVER);
      await ledger().startOrExtendWatch({ ...b, acceptedAt: T0 + 1000 });
      expect(await keyOf(a, "job.failed")).toEqual(before);
    });

    it("has the same key when a caller adds the target after the end of its watch", async () => {
      const { a, b } = twoWatches({}, { targets: ["other"] });
      for (const watch of [a, b]) await ledger().startOrExtendWatch(watch);
      await ledger().stopWatch(a, T0, NEVER);
      await ledger().startOrExtendWatch({ ...a, acceptedAt: T0 + 1000 });
      const outcome = { summary: conclusion(b), tree: null, generations: {} };
      await ledger().getOrCreateOutcome({ ...b, generation: 0 }, outcome, NEVER);
      await end(b, "failed");
      const added = await ledger().startOrExtendWatch({ ...b, targets: ["shared"] });
      expect(added).toMatchObject({ addedTargets: ["shared"], generations: { shared: 1 } });
      expect(await keyOf(b, "job.failed")).toEqual(await keyOf(a, "job.failed"));
      await ledger().startOrExtendWatch({ ...b, targets: ["later"] });
      expect(await keyOf(b, "job.failed")).toEqual(await keyOf(a, "job.failed"));
    });

    it.each([
      ["the same key if the other watch ended after the restart", 1000, "failed", 0],
      ["a new key if the other watch ended before the restart", 100_000, "failed", 1],
      ["a new key if the other watch ended with another outcome", 1000, "timed_out", 1],
    ] as const)(
      "has %s, when a caller restarts its watch and adds the target after the end",
      async (_, restartMs, outcomeOfOther, generation) => {
        const { a, b } = twoWatches({}, { targets: ["other"] });
        for (const watch of [a, b]) await ledger().startOrExtendWatch(watch);
        await ledger().stopWatch(b, T0, NEVER);
        await ledger().startOrExtendWatch({ ...b, acceptedAt: T0 + restartMs });
        await end(a, outcomeOfOther);
        const outcome = { summary: conclusion(b), tree: null, generations: {} };
        await ledger().getOrCreateOutcome({ ...b, generation: 1 }, outcome, NEVER);
        await end(b, "failed", T0 + restartMs);
        await ledger().startOrExtendWatch({ ...b, targets: ["shared"], acceptedAt: T0 + 200_000 });
        expect((await keyOf(b, "job.failed")).generation).toBe(generation);
      },
    );

    it("keeps its key after the outcome was stored", async () => {
      const { a, b } = twoWatches();
      for (const watch of [a, b]) await ledger().startOrExtendWatch(watch);
      const generations = (await ledger().readWatchDocumentOrNull(a))?.generations ?? {};
      const outcome = { summary: conclusion(a), tree: null, generations };
      await ledger().getOrCreateOutcome({ ...a, generation: 0 }, outcome, NEVER);
      const before = await keyOf(a, "job.failed");
      await ledger().stopWatch(b, T0, NEVER);
      await ledger().startOrExtendWatch({ ...b, acceptedAt: T0 + 1000 });
      expect(await keyOf(a, "job.failed")).toEqual(before);
    });
  });
}
