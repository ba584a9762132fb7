import type { Ledger } from "../../../lib/ledger/ledger.ts";
import { createSqliteLedger, deleteExpiredRows } from "../../../server/ledger/sqlite-ledger.ts";
import { createSqliteQueue } from "../../../server/queue/sqlite-queue.ts";
import type { Store } from "../../../server/store/store.ts";
import {
  conclusion,
  endOf,
  firstGeneration,
  job,
  LEASE_MS,
  newWatch,
  pollRecord,
  SLOW,
  T0,
} from "../../lib/ledger/samples.ts";
import { openTestStore } from "../open-test-store.ts";

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
const [EARLY, LATE, LATER] = [T0 + DAY_MS, T0 + 40 * DAY_MS, T0 + 90 * DAY_MS];

let store: Store;
let ledger: Ledger;
beforeEach(() => {
  store = openTestStore();
  ledger = createSqliteLedger(store);
});
afterEach(() => store.close());

/** Returns the expiry times of all rows, by the kind of the row. */
const readExpiries = () =>
  Object.fromEntries(
    store
      .all(
        "SELECT 'watch' AS kind, expires_at AS at FROM watch UNION ALL SELECT kind, expires_at FROM record UNION ALL SELECT 'duration', expires_at FROM duration",
      )
      .map(({ kind, at }) => [String(kind), at]),
  );

const watch = newWatch({ expiresAt: LATE });
const generation = firstGeneration(watch);
const startAndPoll = async () => {
  await ledger.startOrExtendWatch(watch);
  await ledger.claimPoll({ key: watch, poll: 1, messageId: "m-1", now: T0, leaseMs: LEASE_MS });
  await ledger.recordPoll(pollRecord({ key: watch, tree: job() }));
};
const startAndEnd = async () => {
  await startAndPoll();
  await ledger.getOrCreateSlowRecord(generation, SLOW, LATE);
  const outcome = { summary: conclusion(watch), tree: null, generations: {} };
  await ledger.getOrCreateOutcome(generation, outcome, LATE);
  await ledger.endWatchUnlessTargetsAdded(endOf(watch, LATE));
};
const notification = { ...generation, event: "job.succeeded", target: "deploys" };
const claim = (expiresAt: number, redelivery = 0) =>
  ledger.claimNotification({
    key: notification,
    redelivery,
    messageId: "n-1",
    now: T0,
    leaseMs: LEASE_MS,
    expiresAt,
  });
const { project } = watch;
const duration = { project, jobType: "CreateNode", day: 1, bucket: 2 };

test.each<[string, () => Promise<unknown>, object]>([
  ["a watch and its data after a poll", startAndPoll, { watch: LATE, caller: LATE, tree: LATE }],
  [
    "a watch with a later deadline",
    async () => {
      await startAndPoll();
      await ledger.startOrExtendWatch({ ...watch, deadlineAt: watch.deadlineAt + 1, expiresAt: LATER });
    },
    { watch: LATER, caller: LATER },
  ],
  [
    "a watch with a new callback and an earlier deadline",
    async () => {
      await startAndPoll();
      const callbacks = { "callback:a": "v1.x" };
      await ledger.startOrExtendWatch({
        ...watch,
        deadlineAt: watch.deadlineAt - 1,
        callbacks,
        expiresAt: EARLY,
      });
    },
    { watch: LATE, caller: LATE },
  ],
  ["an ended watch", startAndEnd, { watch: LATE, caller: LATE, tree: LATE, outcome: LATE, slow: LATE }],
  [
    "an ended watch with a redelivery that needs a longer time",
    async () => {
      await startAndEnd();
      await ledger.scheduleSweepByAndExtendExpiry(generation, T0, LATER);
    },
    { watch: LATER, caller: LATER, outcome: LATER, slow: LATER },
  ],
  [
    "an ended watch with a redelivery that needs a shorter time",
    async () => {
      await startAndEnd();
      await ledger.scheduleSweepByAndExtendExpiry(generation, T0, EARLY);
    },
    { watch: LATE, caller: LATE, outcome: LATE, slow: LATE },
  ],
  [
    "an ended watch with a sweep without an expiry time",
    async () => {
      await startAndEnd();
      await ledger.scheduleSweepByAndExtendExpiry(generation, T0, null);
    },
    { watch: LATE, caller: LATE, outcome: LATE, slow: LATE },
  ],
  ["a notification", () => claim(LATE), { notification: LATE }],
  [
    "a redelivered notification",
    async () => {
      await claim(EARLY);
      await ledger.startRedeliveryIfLatestIs(notification, 0, LATE);
    },
    { notification: LATE },
  ],
  [
    "a notification that is claimed again",
    async () => {
      await claim(EARLY);
      const owner = { key: notification, redelivery: 0, messageId: "n-1" };
      await ledger.postponeNotificationAndEndLease({ ...owner, until: T0, requestAt: null });
      await claim(LATE);
    },
    { notification: LATE },
  ],
  ["a throttled target", () => ledger.throttleTargetUntilAtLeast("a", T0), { target: T0 + WEEK_MS }],
  ["a rate limit", () => ledger.reserveRequestTime("a", T0, 1), { target: T0 + WEEK_MS }],
  ["a target that is gone", () => ledger.getOrSetTargetGoneSince("a", T0), { target: T0 + WEEK_MS }],
  ["a target that is switched off", () => ledger.switchTargetOff("a", T0), { target: null }],
  [
    "a target that is switched off and then throttled",
    async () => {
      await ledger.switchTargetOff("a", T0);
      await ledger.throttleTargetUntilAtLeast("a", T0 + 1);
    },
    { target: null },
  ],
  [
    "a target that is switched on",
    async () => {
      await ledger.switchTargetOff("a", T0);
      await ledger.switchTargetOn("a");
    },
    { target: T0 + WEEK_MS },
  ],
  [
    "a duration of which the later one expires first",
    async () => {
      for (const expiresAt of [EARLY, LATE, EARLY]) await ledger.addDuration({ ...duration, expiresAt });
    },
    { duration: LATE },
  ],
  [
    "the latest durations",
    async () => {
      for (const expiresAt of [EARLY, LATE])
        await ledger.addLatestDurations(
          project,
          "CreateNode",
          { job: { endedAt: T0, seconds: 1 }, subJobs: {} },
          expiresAt,
        );
    },
    { latestDurations: LATE },
  ],
  [
    "a digest",
    () =>
      ledger.createDigestIfAbsent({
        digestId: "d",
        caller: watch.caller,
        members: [{ project, jobId: watch.jobId, generation: 0 }],
        targets: ["a"],
        expiresAt: LATE,
      }),
    { digest: LATE },
  ],
  [
    "the discovery of a project",
    () => ledger.claimDiscoveryIfDueOrRequested(project, T0, 60_000),
    { discovery: T0 + 30 * DAY_MS },
  ],
  ["the ID of a message of SMN", () => ledger.saveSmnMessageIdOnce("m", LATE), { message: LATE }],
])("the rows of %s expire at the right times", async (_, run, expected) => {
  await run();
  expect(readExpiries()).toMatchObject(expected);
});

describe("the deletion of expired rows", () => {
  const countRows = (table: string) => store.get(`SELECT count(*) AS count FROM ${table}`)?.count;

  it("deletes the rows whose time is over, and no others", async () => {
    await startAndEnd();
    await ledger.switchTargetOff("off", T0);
    await ledger.addDuration({ ...duration, expiresAt: LATE });
    await deleteExpiredRows(store, LATE);
    expect([countRows("watch"), countRows("record"), countRows("duration")]).toEqual([1, 5, 1]);
    await deleteExpiredRows(store, LATE + 1);
    expect([countRows("watch"), countRows("record"), countRows("duration")]).toEqual([0, 1, 0]);
    expect((await ledger.readTargetState("off")).offSince).toBe(T0);
  });

  it("deletes more rows than one transaction may delete", async () => {
    await store.write(() => {
      const sql = "INSERT INTO record (kind, id, expires_at, body) VALUES ('message', ?, ?, '{}')";
      for (let i = 0; i < 1001; i += 1) store.run(sql, String(i), T0);
    });
    await deleteExpiredRows(store, T0 + 1);
    expect(countRows("record")).toBe(0);
  });

  it("deletes a message 14 days after it was sent, or after it became a dead letter", async () => {
    let now = T0;
    const clock = { now: () => now, visibilityMs: 0 };
    const redrive = { maxReceiveCount: 1, to: "pollDead" } as const;
    const queue = createSqliteQueue(store, { ...clock, name: "poll", redrive });
    await queue.send([{ id: "a", body: "a", delaySeconds: 0 }]);
    await deleteExpiredRows(store, T0 + 14 * DAY_MS);
    expect(await queue.receive(1)).toHaveLength(1);
    now = T0 + 14 * DAY_MS;
    expect(await queue.receive(1)).toEqual([]);
    await deleteExpiredRows(store, now + 14 * DAY_MS);
    expect(countRows("message")).toBe(1);
    await deleteExpiredRows(store, now + 14 * DAY_MS + 1);
    expect(countRows("message")).toBe(0);
  });
});
