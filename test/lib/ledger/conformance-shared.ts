import type { Ledger } from "../../../lib/ledger/ledger.ts";
import { ANY_TYPE } from "../../../lib/schedule/duration-counts.ts";
import { CALLER, NEVER, newKey, SLOW, T0 } from "./samples.ts";

export function describeShared(ledger: () => Ledger): void {
  describe("a target", () => {
    it("is on and not throttled at first", async () => {
      const nothing = { offSince: null, goneSince: null, throttledUntil: 0 };
      expect(await ledger().readTargetState(newKey().project)).toEqual(nothing);
    });

    it("has request times one interval apart, also for concurrent calls", async () => {
      const { project: name } = newKey();
      const times = await Promise.all([1, 2, 3, 4, 5].map(() => ledger().reserveRequestTime(name, T0, 1000)));
      expect(times.sort()).toEqual([0, 1, 2, 3, 4].map((i) => T0 + i * 1000));
      expect(await ledger().reserveRequestTime(name, T0 + 4999, 1000)).toBe(T0 + 5000);
      expect(await ledger().reserveRequestTime(name, T0 + 6000, 1000)).toBe(T0 + 6000);
      expect(await ledger().reserveRequestTime(name, T0 + 60_000, 1000)).toBe(T0 + 60_000);
    });

    it("is never throttled for a shorter time than before", async () => {
      const { project: name } = newKey();
      for (const until of [T0 + 5000, T0 + 9000, T0 + 7000])
        await ledger().throttleTargetUntilAtLeast(name, until);
      expect((await ledger().readTargetState(name)).throttledUntil).toBe(T0 + 9000);
    });

    it("is switched off by one of several concurrent calls, and on again", async () => {
      const { project: name } = newKey();
      await ledger().throttleTargetUntilAtLeast(name, T0 + 1);
      const offs = await Promise.all([1, 2, 3].map((i) => ledger().switchTargetOff(name, T0 + i)));
      expect(offs.filter((first) => first)).toHaveLength(1);
      expect((await ledger().readTargetState(name)).offSince).toBeGreaterThan(T0);
      await ledger().switchTargetOn(name);
      expect(await ledger().readTargetState(name)).toMatchObject({ offSince: null, throttledUntil: T0 + 1 });
      expect(await ledger().switchTargetOff(name, T0)).toBe(true);
    });
  });

  describe("a target that is gone", () => {
    it("keeps the time of the first response until the time is cleared", async () => {
      const { project: name } = newKey();
      expect(await ledger().getOrSetTargetGoneSince(name, T0)).toBe(T0);
      expect(await ledger().getOrSetTargetGoneSince(name, T0 + 70_000)).toBe(T0);
      expect(await ledger().readTargetState(name)).toMatchObject({ goneSince: T0, offSince: null });
      await ledger().clearTargetGone(name);
      expect((await ledger().readTargetState(name)).goneSince).toBeNull();
      expect(await ledger().getOrSetTargetGoneSince(name, T0 + 90_000)).toBe(T0 + 90_000);
    });

    it("loses the time when it is switched on, and not when it is switched off", async () => {
      const { project: name } = newKey();
      await ledger().getOrSetTargetGoneSince(name, T0);
      await ledger().switchTargetOff(name, T0 + 60_000);
      expect(await ledger().readTargetState(name)).toMatchObject({ goneSince: T0, offSince: T0 + 60_000 });
      await ledger().switchTargetOn(name);
      expect(await ledger().readTargetState(name)).toMatchObject({ goneSince: null, offSince: null });
    });

    it("is not changed by clearing a time that does not exist", async () => {
      const { project: name } = newKey();
      await ledger().clearTargetGone(name);
      expect((await ledger().readTargetState(name)).goneSince).toBeNull();
    });
  });

  describe("the record of a slow job", () => {
    it("is stored once for each generation of a watch", async () => {
      const generation = { ...newKey(), generation: 0 };
      expect(await ledger().readSlowRecord(generation)).toBeNull();
      expect(await ledger().getOrCreateSlowRecord(generation, SLOW, NEVER)).toEqual(SLOW);
      expect(await ledger().getOrCreateSlowRecord(generation, { ...SLOW, targets: [] }, NEVER)).toEqual(SLOW);
      expect(await ledger().readSlowRecord(generation)).toEqual(SLOW);
      expect(await ledger().readSlowRecord({ ...generation, generation: 1 })).toBeNull();
    });
  });

  describe("the latest durations", () => {
    it("are added by project and type of the job, also if several jobs end at the same time", async () => {
      const { project } = newKey();
      expect(await ledger().readLatestDurations(project, "CreateNode")).toEqual({ jobs: [], subJobs: {} });
      const add = (seconds: number) =>
        ledger().addLatestDurations(
          project,
          "CreateNode",
          { job: { endedAt: 1000 * seconds, seconds }, subJobs: { InstallNode: seconds } },
          NEVER,
        );
      await add(1);
      await add(2);
      expect(await ledger().readLatestDurations(project, "CreateNode")).toEqual({
        jobs: [
          { endedAt: 1000, seconds: 1 },
          { endedAt: 2000, seconds: 2 },
        ],
        subJobs: { InstallNode: [1, 2] },
      });
      await Promise.all([3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map(add));
      const { jobs, subJobs } = await ledger().readLatestDurations(project, "CreateNode");
      const { InstallNode = [] } = subJobs;
      expect(jobs).toHaveLength(12);
      expect(InstallNode.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
      expect(await ledger().readLatestDurations(project, "DeleteNode")).toEqual({ jobs: [], subJobs: {} });
      expect(await ledger().readDurationCounts(project, "CreateNode")).toEqual([]);
    });
  });

  describe("durations", () => {
    it("are counted by project, type, day and bucket", async () => {
      const { project } = newKey();
      const entry = { project, jobType: "CreateCluster", day: 12, bucket: 34, expiresAt: NEVER };
      await Promise.all([1, 2, 3].map(() => ledger().addDuration(entry)));
      await ledger().addDuration({ ...entry, bucket: 2 });
      await ledger().addDuration({ ...entry, day: 9, bucket: 77 });
      await ledger().addDuration({ ...entry, jobType: "DeleteNode" });
      expect(await ledger().readDurationCounts(project, "CreateCluster")).toEqual([
        { day: 9, bucket: 77, count: 1 },
        { day: 12, bucket: 2, count: 1 },
        { day: 12, bucket: 34, count: 3 },
      ]);
      expect(await ledger().readDurationCounts(project, "Unknown")).toEqual([]);
    });

    it("are counted for all types of jobs together, without operations", async () => {
      const { project } = newKey();
      const entry = { project, jobType: "CreateCluster", day: 12, bucket: 34, expiresAt: NEVER };
      await ledger().addDuration({ ...entry, jobType: "awake" });
      expect(await ledger().readDurationCounts(project, ANY_TYPE)).toEqual([]);
      for (const jobType of ["CreateCluster", "DeleteNode", "CreateNode"])
        for (const day of [20, 12]) await ledger().addDuration({ ...entry, jobType, day });
      await ledger().addDuration({ ...entry, bucket: 2 });
      expect(await ledger().readDurationCounts(project, ANY_TYPE)).toEqual([
        { day: 12, bucket: 2, count: 1 },
        { day: 12, bucket: 34, count: 3 },
        { day: 20, bucket: 34, count: 3 },
      ]);
      expect(await ledger().readDurationCounts(project, "awake")).toEqual([
        { day: 12, bucket: 34, count: 1 },
      ]);
    });
  });

  describe("the discovery of a project", () => {
    const first = { switchedOnAt: null, succeededAt: T0, skippedJobIds: [], previousTryAt: null };

    it("is claimed by one of several concurrent calls, once per interval", async () => {
      const { project } = newKey();
      const claims = await Promise.all(
        [1, 2, 3].map(() => ledger().claimDiscoveryIfDueOrRequested(project, T0, 60_000)),
      );
      expect(claims.filter((claim) => claim !== null)).toEqual([first]);
      expect(await ledger().claimDiscoveryIfDueOrRequested(project, T0 + 59_999, 60_000)).toBeNull();
      expect(await ledger().claimDiscoveryIfDueOrRequested(project, T0 + 60_000, 60_000)).toEqual({
        ...first,
        previousTryAt: T0,
      });
      expect(await ledger().claimDiscoveryIfDueOrRequested(project, T0 + 61_000, 60_000)).toBeNull();
    });

    it("is claimed once, 10 s after the previous claim, if the list was requested", async () => {
      const { project } = newKey();
      await ledger().requestDiscoverySoon(project);
      expect(await ledger().claimDiscoveryIfDueOrRequested(project, T0, 60_000)).toEqual(first);
      await ledger().requestDiscoverySoon(project);
      expect(await ledger().claimDiscoveryIfDueOrRequested(project, T0 + 9_999, 60_000)).toBeNull();
      expect(await ledger().claimDiscoveryIfDueOrRequested(project, T0 + 10_000, 60_000)).toMatchObject({
        previousTryAt: T0,
      });
      expect(await ledger().claimDiscoveryIfDueOrRequested(project, T0 + 20_000, 60_000)).toBeNull();
    });

    it("is returned to the next claim as it was saved", async () => {
      const { project } = newKey();
      await ledger().claimDiscoveryIfDueOrRequested(project, T0, 60_000);
      const saved = { switchedOnAt: T0 - 5, succeededAt: T0 + 1, skippedJobIds: ["j-1", "j-2"] };
      await ledger().saveDiscoveryIfUnchanged(project, null, { ...saved, skippedJobIds: ["j-2", "j-1"] });
      const claimed = await ledger().claimDiscoveryIfDueOrRequested(project, T0 + 60_000, 60_000);
      expect(claimed).toEqual({ ...saved, previousTryAt: T0 });
      await ledger().saveDiscoveryIfUnchanged(project, saved.switchedOnAt, { ...saved, skippedJobIds: [] });
      const next = await ledger().claimDiscoveryIfDueOrRequested(project, T0 + 120_000, 60_000);
      expect(next).toEqual({ ...saved, skippedJobIds: [], previousTryAt: T0 + 60_000 });
    });

    it("is not replaced by a late save, after another save switched discovery on", async () => {
      const { project } = newKey();
      await ledger().claimDiscoveryIfDueOrRequested(project, T0, 60_000);
      const saved = { switchedOnAt: T0 + 1, succeededAt: T0 + 1, skippedJobIds: [] };
      await ledger().saveDiscoveryIfUnchanged(project, null, saved);
      const late = { switchedOnAt: T0 + 5, succeededAt: T0 + 5, skippedJobIds: ["j-1"] };
      await ledger().saveDiscoveryIfUnchanged(project, null, late);
      const claimed = await ledger().claimDiscoveryIfDueOrRequested(project, T0 + 60_000, 60_000);
      expect(claimed).toEqual({ ...saved, previousTryAt: T0 });
      await ledger().saveDiscoveryIfUnchanged(project, saved.switchedOnAt, late);
      const next = await ledger().claimDiscoveryIfDueOrRequested(project, T0 + 120_000, 60_000);
      expect(next).toEqual({ ...late, previousTryAt: T0 + 60_000 });
    });
  });

  describe("a message of SMN", () => {
    it("is new for one of several concurrent calls", async () => {
      const { project: messageId } = newKey();
      expect(await ledger().hasSmnMessageId(messageId)).toBe(false);
      const results = await Promise.all([1, 2, 3].map(() => ledger().saveSmnMessageIdOnce(messageId, NEVER)));
      expect(results.filter((isNew) => isNew)).toHaveLength(1);
      expect(await ledger().hasSmnMessageId(messageId)).toBe(true);
    });
  });

  describe("a digest", () => {
    it("counts the running members, and removes each member once", async () => {
      const { project, jobId: digestId } = { ...newKey(), jobId: newKey().project };
      const members = ["j-1", "j-2", "j-3"].map((jobId) => ({ project, jobId, generation: 0 }));
      const digest = { digestId, caller: CALLER, members, targets: ["b", "a"], expiresAt: NEVER };
      await ledger().createDigestIfAbsent(digest);
      expect(await ledger().readDigest(digestId)).toMatchObject({ members, targets: ["b", "a"] });
      const remove = (jobId: string) =>
        ledger().removeRunningMemberAndCountRemaining(digestId, { project, jobId });
      expect([await remove("j-2"), await remove("j-2")]).toEqual([2, 2]);
      const running = (await ledger().readDigest(digestId))?.running.map(({ jobId }) => jobId);
      expect(running?.toSorted()).toEqual(["j-1", "j-3"]);
      await ledger().createDigestIfAbsent({ ...digest, members: [] });
      expect((await Promise.all([remove("j-1"), remove("j-3")])).sort()).toEqual([0, 1]);
      expect(await remove("j-3")).toBe(0);
      expect(await ledger().readDigest(digestId)).toEqual({
        caller: CALLER,
        members,
        targets: ["b", "a"],
        running: [],
      });
    });

    it("is null and has no running members when the digest does not exist", async () => {
      expect(await ledger().readDigest("none")).toBeNull();
      expect(await ledger().removeRunningMemberAndCountRemaining("none", newKey())).toBe(0);
    });
  });

  describe("the waiting calls", () => {
    const limits = { total: 3, perCaller: 2 };
    const call = (caller: string, until: number) => ({ caller, until });
    /** The calls of all tests share one item. The calls of an earlier test are over when the next test begins. */
    let startedAt = T0;
    beforeEach(() => {
      startedAt += 60_000;
    });

    it("are at most two of one caller and three of all callers, until they end or their time is over", async () => {
      const from = startedAt;
      const start = (caller: string, now: number) =>
        ledger().addWaitingCallUnlessTooMany(call(caller, from + 5000), now, limits);
      expect([await start("a", from), await start("a", from), await start("a", from)]).toEqual([0, 1, null]);
      expect([await start("b", from), await start("c", from)]).toEqual([2, null]);
      await ledger().removeWaitingCall(1, call("b", from + 5000));
      await ledger().removeWaitingCall(1, call("a", from + 4999));
      expect(await start("c", from)).toBeNull();
      await ledger().removeWaitingCall(1, call("a", from + 5000));
      expect([await start("c", from + 4999), await start("c", from + 4999)]).toEqual([1, null]);
      expect(await ledger().addWaitingCallUnlessTooMany(call("a", from + 9000), from + 5000, limits)).toBe(0);
    });

    it("are both accepted if two calls begin at the same time", async () => {
      const from = startedAt;
      const started = await Promise.all(
        ["a", "b"].map((caller) =>
          ledger().addWaitingCallUnlessTooMany(call(caller, from + 5000), from, limits),
        ),
      );
      expect(new Set(started)).toEqual(new Set([0, 1]));
    });

    it("are at most three if many calls begin at the same time", async () => {
      const from = startedAt;
      const started = await Promise.all(
        Array.from({ length: 12 }, (_, i) =>
          ledger().addWaitingCallUnlessTooMany(call(`many-${i}`, from + 5000), from, limits),
        ),
      );
      const numbers = started.filter((number) => number !== null);
      expect(numbers).toContain(0);
      expect(new Set(numbers).size).toBe(numbers.length);
    });
  });
}
