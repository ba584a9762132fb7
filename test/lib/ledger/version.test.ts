import { type AttributeValue, PutItemCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import { type Ledger, NewerItemError } from "../../../lib/ledger/ledger.ts";
import { type EmbeddedDynamo, startDynamo } from "../../support/dynamodb.ts";
import { createDynamoLedger } from "../../support/dynamodb-ledger.ts";
import { createTable } from "../../support/table.ts";
import { attempt, conclusion, firstGeneration, NEVER, newWatch, pollRecord, T0 } from "./samples.ts";

let dynamo: EmbeddedDynamo;
let ledger: Ledger;
let table: string;
let count = 0;
beforeAll(async () => {
  dynamo = await startDynamo();
});
beforeEach(async () => {
  count += 1;
  table = `ledger-${count}`;
  await createTable(dynamo.client, table);
  ledger = createDynamoLedger({ client: dynamo.client, table });
});
afterAll(() => dynamo.stop());

async function readItems(): Promise<Record<string, AttributeValue>[]> {
  const { Items = [] } = await dynamo.client.send(new ScanCommand({ TableName: table }));
  return Items;
}

/** Changes the format version of every item in the table, and returns the changed items. */
async function setVersions(version: number): Promise<Record<string, AttributeValue>[]> {
  for (const item of await readItems()) {
    const Item = { ...item, v: { N: String(version) } };
    await dynamo.client.send(new PutItemCommand({ TableName: table, Item }));
  }
  return readItems();
}

/** Stores a watch with a claimed poll, an outcome, a claimed notification, a digest, a rate limit and a duration. */
async function storeItems() {
  const watch = newWatch();
  const generation = firstGeneration(watch);
  const notification = { ...generation, event: "job.failed", target: "deploys" };
  await ledger.startOrExtendWatch(watch);
  await ledger.claimPoll({ key: watch, poll: 1, messageId: "m-1", now: T0, leaseMs: 1000 });
  await ledger.getOrCreateOutcome(
    generation,
    { summary: conclusion(watch), tree: null, generations: {} },
    NEVER,
  );
  const owner = { key: notification, redelivery: 0, messageId: "m-1" };
  await ledger.claimNotification({ ...owner, now: T0, leaseMs: 1000, expiresAt: NEVER });
  await ledger.createDigestIfAbsent({
    digestId: "d-1",
    caller: generation.caller,
    members: [generation],
    targets: ["deploys"],
    expiresAt: NEVER,
  });
  await ledger.throttleTargetUntilAtLeast("deploys", T0);
  await ledger.addWaitingCallUnlessTooMany(WAITING, T0, WAITING_LIMITS);
  const duration = { project: "prod", jobType: "CreateCluster", day: 3, bucket: 4, expiresAt: NEVER };
  await ledger.addDuration(duration);
  return { watch, generation, notification, owner, duration };
}

const WAITING = { caller: "token:ci", until: T0 + 5000 };
const WAITING_LIMITS = { total: 4, perCaller: 2 };
const now = T0 + 60_000;
type Stored = Awaited<ReturnType<typeof storeItems>>;

/** The operations that need an item, by name. Each operation must wait for the release that wrote the item. */
const NEEDS_ITEM: Readonly<Record<string, (stored: Stored) => Promise<unknown>>> = {
  startOrExtendWatch: ({ watch }) => ledger.startOrExtendWatch({ ...watch, targets: ["deploys", "ops"] }),
  claimPoll: ({ watch }) => ledger.claimPoll({ key: watch, poll: 1, messageId: "m-2", now, leaseMs: 1000 }),
  "claimPoll of the next poll": ({ watch }) =>
    ledger.claimPoll({ key: watch, poll: 2, messageId: "m-2", now, leaseMs: 1000 }),
  endWatchUnlessTargetsAdded: ({ watch }) =>
    ledger.endWatchUnlessTargetsAdded({
      key: watch,
      acceptedAt: watch.acceptedAt,
      outcome: "failed",
      concludedAt: now,
      targets: ["deploys"],
      polledAt: [],
      expiresAt: NEVER,
    }),
  stopWatch: ({ watch }) => ledger.stopWatch(watch, now, NEVER),
  readWatchDocumentOrNull: ({ watch }) => ledger.readWatchDocumentOrNull(watch),
  readProgressEventuallyConsistent: ({ watch }) => ledger.readProgressEventuallyConsistent(watch),
  addWaitingCallUnlessTooMany: () => ledger.addWaitingCallUnlessTooMany(WAITING, T0, WAITING_LIMITS),
  readCallerData: ({ generation }) => ledger.readCallerData(generation),
  readOutcomeWithoutTree: ({ generation }) => ledger.readOutcomeWithoutTree(generation),
  getOrCreateOutcome: ({ watch, generation }) =>
    ledger.getOrCreateOutcome(generation, { summary: conclusion(watch), tree: null, generations: {} }, NEVER),
  listRecentWatches: ({ watch }) => ledger.listRecentWatches(watch.project, { limit: 10, before: null }),
  claimNotification: ({ owner }) =>
    ledger.claimNotification({ ...owner, messageId: "m-2", now, leaseMs: 1000, expiresAt: NEVER }),
  readDeliveryOrPendingRecord: ({ notification }) => ledger.readDeliveryOrPendingRecord(notification),
  startRedeliveryIfLatestIs: ({ notification }) => ledger.startRedeliveryIfLatestIs(notification, 0, NEVER),
  readDigest: () => ledger.readDigest("d-1"),
  readTargetState: () => ledger.readTargetState("deploys"),
  addDuration: ({ duration }) => ledger.addDuration(duration),
  readDurationCounts: () => ledger.readDurationCounts("prod", "CreateCluster"),
};

/** The operations that have no effect if their condition is false. */
const HAS_NO_EFFECT: Readonly<Record<string, (stored: Stored) => Promise<unknown>>> = {
  recordPoll: ({ watch }) => ledger.recordPoll(pollRecord({ key: watch })),
  recordAttemptIfClaimed: ({ owner }) =>
    ledger.recordAttemptIfClaimed({
      ...owner,
      state: "delivered",
      spent: true,
      attempt: attempt(),
      nextAttemptAt: null,
    }),
  postponeNotificationAndEndLease: ({ owner }) =>
    ledger.postponeNotificationAndEndLease({ ...owner, until: now, requestAt: null }),
  markDeadLettered: ({ notification }) => ledger.markDeadLettered(notification, 0),
  rescheduleSweepIfUnchanged: ({ watch }) =>
    ledger.rescheduleSweepIfUnchanged({ ...watch, dueAt: T0 + 50_000 }, null),
  scheduleSweepByAndExtendExpiry: ({ generation }) =>
    ledger.scheduleSweepByAndExtendExpiry(generation, T0, NEVER + 1000),
  throttleTargetUntilAtLeast: () => ledger.throttleTargetUntilAtLeast("deploys", now),
  removeWaitingCall: () => ledger.removeWaitingCall(0, WAITING),
  removeRunningMemberAndCountRemaining: ({ watch }) =>
    ledger.removeRunningMemberAndCountRemaining("d-1", watch),
};

describe("an item of a newer release", () => {
  it.each(Object.keys(NEEDS_ITEM))("is neither used nor changed by %s", async (name) => {
    const stored = await storeItems();
    const before = await setVersions(2);
    await expect(NEEDS_ITEM[name]?.(stored)).rejects.toThrow(NewerItemError);
    expect(await readItems()).toEqual(before);
  });

  it.each(Object.keys(HAS_NO_EFFECT))("is not changed by %s", async (name) => {
    const stored = await storeItems();
    const before = await setVersions(2);
    await HAS_NO_EFFECT[name]?.(stored);
    expect(await readItems()).toEqual(before);
  });
});

describe("an item of an earlier release", () => {
  it("gets the version of the release that changes it", async () => {
    const { watch } = await storeItems();
    await setVersions(0);
    const claim = { key: watch, poll: 2, messageId: "m-2", now, leaseMs: 1000 };
    expect(await ledger.claimPoll(claim)).toMatchObject({ kind: "claimed" });
    const versions = (await readItems()).filter(({ sk }) => sk?.S?.startsWith("watch#")).map(({ v }) => v?.N);
    expect(versions).toEqual(["1"]);
  });
});
