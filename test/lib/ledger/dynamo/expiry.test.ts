import { ScanCommand } from "@aws-sdk/client-dynamodb";
import type { Ledger } from "../../../../lib/ledger/ledger.ts";
import type { NewWatch } from "../../../../lib/ledger/watch-ledger.ts";
import { type EmbeddedDynamo, startDynamo } from "../../../support/dynamodb.ts";
import { createDynamoLedger } from "../../../support/dynamodb-ledger.ts";
import { createTable } from "../../../support/table.ts";
import {
  attempt,
  conclusion,
  firstGeneration,
  job,
  LEASE_MS,
  newKey,
  newWatch,
  pollRecord,
  SLOW,
  T0,
} from "../samples.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A context that is too large for the watch item. */
const LARGE_CONTEXT = { labels: { team: "x".repeat(300) } };
const LARGE_TREE = job({
  subJobs: Array.from({ length: 40 }, (_, i) => job({ jobId: `${i * 7919}`, reason: `because of ${i}` })),
});

let dynamo: EmbeddedDynamo;
let ledger: Ledger;
beforeAll(async () => {
  dynamo = await startDynamo();
  await createTable(dynamo.client, "expiry");
  ledger = createDynamoLedger({ client: dynamo.client, table: "expiry" });
});
afterAll(() => dynamo.stop());

/**
 * Returns the expiry times of all items whose partition contains the text, in hours after `T0`, by the first part of
 * their sort key. The time of an item that never expires is null.
 */
async function expiryHours(partition: string): Promise<Record<string, number | null>> {
  const { Items = [] } = await dynamo.client.send(new ScanCommand({ TableName: "expiry" }));
  const found = Items.filter(({ pk }) => pk?.S?.includes(partition));
  const hoursOf = (seconds: string | undefined) =>
    seconds === undefined ? null : (Number(seconds) * 1000 - T0) / HOUR_MS;
  return Object.fromEntries(
    found.map(({ sk, expiresAt }) => [
      /^[a-zA-Z]+(#\d+)?/.exec(sk?.S ?? "")?.[0] ?? "",
      hoursOf(expiresAt?.N),
    ]),
  );
}

const at = (hours: number) => T0 + hours * HOUR_MS;
const open = async (changes: Partial<NewWatch> = {}) => {
  const watch = newWatch({ expiresAt: at(10), ...changes });
  await ledger.startOrExtendWatch(watch);
  return watch;
};
const poll = async (watch: NewWatch, number: number) => {
  await ledger.claimPoll({
    key: watch,
    poll: number,
    messageId: "m-1",
    now: T0 + number * LEASE_MS * 2,
    leaseMs: LEASE_MS,
  });
  await ledger.recordPoll(pollRecord({ key: watch, poll: number, tree: LARGE_TREE }));
};
const save = async (watch: NewWatch, hours: number) => {
  const outcome = { summary: conclusion(watch), tree: null, generations: {} };
  await ledger.getOrCreateOutcome(firstGeneration(watch), outcome, at(hours));
};
const end = async (watch: NewWatch, hours: number) => {
  const { acceptedAt, targets } = watch;
  const ending = { outcome: "timed_out", concludedAt: T0, polledAt: [], expiresAt: at(hours) } as const;
  await ledger.endWatchUnlessTargetsAdded({ key: watch, acceptedAt, targets, ...ending });
};

/** Ends a watch, and restarts the watch as the next generation. */
const restart = async (watch: NewWatch) => {
  await end(watch, 20);
  await ledger.stopWatch(watch, T0, at(30));
  await ledger.startOrExtendWatch({ ...watch, expiresAt: at(60) });
};

/** Each case changes a new watch and returns the expected expiry hours of all its items. */
const WATCH_CASES: Readonly<
  Record<string, (watch: NewWatch) => Promise<Readonly<Record<string, number | null>>>>
> = {
  "a new watch and its context at the time of the watch": async () => ({ watch: 10, "caller#0": 10 }),
  "a large tree together with its watch": async (watch) => {
    await poll(watch, 1);
    return { watch: 10, "caller#0": 10, tree: 10 };
  },
  "an ended watch and its context at the time of the end": async (watch) => {
    await end(watch, 20);
    return { watch: 20, "caller#0": 20 };
  },
  "a stopped watch and its context at the time of the stop": async (watch) => {
    await ledger.stopWatch(watch, T0, at(30));
    return { watch: 30, "caller#0": 30 };
  },
  "an outcome at its own time": async (watch) => {
    await save(watch, 40);
    return { watch: 10, "caller#0": 10, "outcome#0": 40 };
  },
  "a watch and its context later after a later deadline": async (watch) => {
    await ledger.startOrExtendWatch({ ...watch, deadlineAt: watch.deadlineAt + 1, expiresAt: at(50) });
    return { watch: 50, "caller#0": 50 };
  },
  "a watch at its time if a call adds a target to the watch": async (watch) => {
    await ledger.startOrExtendWatch({ ...watch, targets: ["other"], expiresAt: at(50) });
    return { watch: 10, "caller#0": 10 };
  },
  "a restarted watch and the contexts of both generations": async (watch) => {
    await restart(watch);
    return { watch: 60, "caller#0": 20, "caller#1": 60 };
  },
  "all items of a watch later before a redelivery": async (watch) => {
    await ledger.getOrCreateSlowRecord(firstGeneration(watch), SLOW, at(15));
    await save(watch, 20);
    await end(watch, 20);
    await ledger.scheduleSweepByAndExtendExpiry(firstGeneration(watch), T0, at(70));
    return { watch: 70, "caller#0": 70, "outcome#0": 70, "slow#0": 70 };
  },
  "no item of a watch earlier before a redelivery": async (watch) => {
    await ledger.getOrCreateSlowRecord(firstGeneration(watch), SLOW, at(90));
    await save(watch, 90);
    await end(watch, 90);
    await ledger.scheduleSweepByAndExtendExpiry(firstGeneration(watch), T0, at(70));
    return { watch: 90, "caller#0": 90, "outcome#0": 90, "slow#0": 90 };
  },
  "the items of a watch at their times if only the sweep is scheduled": async (watch) => {
    await end(watch, 20);
    await ledger.scheduleSweepByAndExtendExpiry(firstGeneration(watch), T0, null);
    return { watch: 20, "caller#0": 20 };
  },
};

it.each(Object.keys(WATCH_CASES))("DynamoDB deletes %s", async (name) => {
  const watch = await open({ context: LARGE_CONTEXT });
  const expected = await WATCH_CASES[name]?.(watch);
  expect(await expiryHours(watch.project)).toEqual(expected);
});

it("DynamoDB deletes a small context of the generation before a restart at the time of the old generation", async () => {
  const watch = await open();
  expect(await expiryHours(watch.project)).toEqual({ watch: 10 });
  await restart(watch);
  expect(await expiryHours(watch.project)).toEqual({ watch: 60, "caller#0": 20, "caller#1": 60 });
});

it("DynamoDB deletes a notification at the time of its latest claim or redelivery", async () => {
  const { project, jobId } = newKey();
  const key = { project, jobId, generation: 0, event: "job.failed", target: "deploys" };
  const owner = { key, redelivery: 0, messageId: "n-1" };
  for (const hours of [10, 20]) {
    const now = at(hours);
    await ledger.claimNotification({ ...owner, now, leaseMs: LEASE_MS, expiresAt: at(hours) });
    expect(await expiryHours(project)).toEqual({ "notification#0": hours });
  }
  await ledger.recordAttemptIfClaimed({
    ...owner,
    state: "delivered",
    spent: true,
    attempt: attempt(),
    nextAttemptAt: null,
  });
  await ledger.markDeadLettered(key, 0);
  expect(await expiryHours(project)).toEqual({ "notification#0": 20 });
  await ledger.startRedeliveryIfLatestIs(key, 0, at(30));
  expect(await expiryHours(project)).toEqual({ "notification#0": 30 });
});

/** Each case writes items whose partitions contain `name`, and returns their expected expiry hours. */
const OTHER_CASES: Readonly<
  Record<string, (name: string) => Promise<Readonly<Record<string, number | null>>>>
> = {
  "the learned durations of a week": async (project) => {
    await ledger.addDuration({ project, jobType: "CreateNode", day: 7, bucket: 1, expiresAt: at(10) });
    return { types: 10, "week#1": 10 };
  },
  "the latest durations of a job type": async (project) => {
    await ledger.addLatestDurations(
      project,
      "CreateNode",
      { job: null, subJobs: { InstallNode: 1 } },
      at(10),
    );
    return { latest: 10 };
  },
  "the record of a slow job": async (project) => {
    await ledger.getOrCreateSlowRecord({ ...newKey(), project, generation: 0 }, SLOW, at(10));
    return { "slow#0": 10 };
  },
  "a digest": async (digestId) => {
    const members = [{ ...newKey(), generation: 0 }];
    await ledger.createDigestIfAbsent({
      digestId,
      caller: "c",
      members,
      targets: ["chat"],
      expiresAt: at(10),
    });
    await ledger.removeRunningMemberAndCountRemaining(digestId, newKey());
    return { digest: 10 };
  },
  "no digest that does not exist": async (digestId) => {
    expect(await ledger.removeRunningMemberAndCountRemaining(digestId, newKey())).toBe(0);
    return {};
  },
  "the discovery of a project 30 days after its last list": async (project) => {
    for (const days of [0, 1])
      await ledger.claimDiscoveryIfDueOrRequested(project, T0 + days * DAY_MS, 60_000);
    await ledger.requestDiscoverySoon(project);
    return { discovery: 31 * 24 };
  },
  "the ID of a message of SMN": async (messageId) => {
    await ledger.saveSmnMessageIdOnce(messageId, at(10));
    return { message: 10 };
  },
  "a rate limit one week after its last use": async (name) => {
    for (const days of [0, 1]) await ledger.reserveRequestTime(name, T0 + days * DAY_MS, 1000);
    return { rateLimit: 8 * 24 };
  },
  "the wait for a target one week after its end": async (name) => {
    await ledger.throttleTargetUntilAtLeast(name, at(1));
    return { rateLimit: 7 * 24 + 1 };
  },
  "that a target is gone one week after the last such response": async (name) => {
    for (const hours of [0, 1]) await ledger.getOrSetTargetGoneSince(name, at(hours));
    return { gone: 7 * 24 + 1 };
  },
  "never that a target is switched off": async (name) => {
    await ledger.switchTargetOff(name, T0);
    return { off: null };
  },
};

it.each(Object.keys(OTHER_CASES))("DynamoDB deletes %s", async (name) => {
  const { project } = newKey();
  const expected = await OTHER_CASES[name]?.(project);
  expect(await expiryHours(`#${project}`)).toEqual(expected);
});

it("DynamoDB deletes the waiting calls one day after the end of the latest call", async () => {
  for (const hours of [1, 2]) {
    const call = { caller: "a", until: at(hours) };
    const number = await ledger.addWaitingCallUnlessTooMany(call, T0, { total: 1, perCaller: 1 });
    expect(await expiryHours("T#:waiting")).toEqual({ calls: 24 + hours });
    await ledger.removeWaitingCall(number ?? -1, call);
  }
});

test("a request about a target or project without a record leaves no item, because such an item would never expire", async () => {
  const { project: name } = newKey();
  await ledger.requestDiscoverySoon(name);
  expect(await expiryHours(name)).toEqual({});
  await ledger.clearTargetGone(name);
  expect(await expiryHours(name)).toEqual({});
  await ledger.switchTargetOn(name);
  expect(await expiryHours(name)).toEqual({});
});

test("DynamoDB deletes the callbacks of a later call together with the stopped watch", async () => {
  const watch = await open();
  const callbacks = { "callback:a": "encrypted" };
  await ledger.startOrExtendWatch({ ...watch, targets: ["callback:a"], callbacks });
  await ledger.stopWatch(watch, at(1), at(2));
  const hours = Object.values(await expiryHours(watch.project));
  expect(hours.length).toBeGreaterThan(1);
  expect(new Set(hours)).toEqual(new Set([2]));
});
