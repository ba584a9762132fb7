import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import type { WatchKey } from "../../../../lib/domain/job.ts";
import { countWatchesAndFindOrphaned } from "../../../../lib/ledger/dynamo/audit-watches.ts";
import { watchItemKey } from "../../../../lib/ledger/dynamo/keys.ts";
import type { Ledger } from "../../../../lib/ledger/ledger.ts";
import { type EmbeddedDynamo, startDynamo } from "../../../support/dynamodb.ts";
import { createDynamoLedger } from "../../../support/dynamodb-ledger.ts";
import { createTable } from "../../../support/table.ts";
import { NEVER } from "../samples.ts";

const NOW = 1_800_000_000_000;
const HOUR_MS = 3_600_000;

let dynamo: EmbeddedDynamo;
let ledger: Ledger;
const table = () => ({ client: dynamo.client, table: "audit" });

beforeAll(async () => {
  dynamo = await startDynamo();
});
beforeEach(async () => {
  await createTable(dynamo.client, "audit");
  ledger = createDynamoLedger(table());
});
afterAll(() => dynamo.stop());

async function open(
  jobId: string,
  deadlineAt = NOW + HOUR_MS,
  nextPollAt = NOW + 30_000,
  caller = "token:ci",
): Promise<WatchKey> {
  const key = { project: "prod", jobId, caller };
  await ledger.startOrExtendWatch({
    ...key,
    acceptedAt: NOW - HOUR_MS,
    deadlineAt,
    nextPollAt,
    expiresAt: NEVER,
    targets: [],
    context: {},
    callbacks: {},
    digestId: null,
    traceparent: null,
  });
  return key;
}

/** Returns the table with a client that passes each read of one item to `read`. */
function readingItems(read: (command: GetItemCommand) => Promise<object>) {
  const send = (command: Parameters<DynamoDBClient["send"]>[0]) =>
    command instanceof GetItemCommand ? read(command) : dynamo.client.send(command);
  return { ...table(), client: Object.assign(Object.create(dynamo.client) as DynamoDBClient, { send }) };
}

/** Gives the item of a watch the format version of a newer release. */
async function raiseVersion(key: WatchKey): Promise<void> {
  const { pk, sk } = watchItemKey(key);
  await dynamo.client.send(
    new UpdateItemCommand({
      TableName: "audit",
      Key: { pk: { S: pk }, sk: { S: sk } },
      UpdateExpression: "SET v = :newer",
      ExpressionAttributeValues: { ":newer": { N: "2" } },
    }),
  );
}

/** Removes a running watch from the overdue index. The product removes only watches that are over. */
async function removePlan(key: WatchKey): Promise<void> {
  const { pk, sk } = watchItemKey(key);
  const Key: Record<string, AttributeValue> = { pk: { S: pk }, sk: { S: sk } };
  await dynamo.client.send(
    new UpdateItemCommand({ TableName: "audit", Key, UpdateExpression: "REMOVE dueAt, dueOrder, dueShard" }),
  );
}

it("counts watches that are live, concluded or stopped, and lists orphaned watches", async () => {
  expect(await countWatchesAndFindOrphaned(table(), NOW)).toEqual({
    accepted: 0,
    concluded: 0,
    stopped: 0,
    live: 0,
    discovered: 0,
    orphaned: [],
  });

  await open("running");
  await open("a-little-late", NOW - HOUR_MS / 2, NOW - HOUR_MS / 2);
  for (const jobId of ["ended", "ended-too"])
    await ledger.endWatchUnlessTargetsAdded({
      key: await open(jobId),
      acceptedAt: NOW - HOUR_MS,
      outcome: "succeeded",
      concludedAt: NOW,
      targets: [],
      polledAt: [NOW],
      expiresAt: NEVER,
    });
  await ledger.stopWatch(await open("stopped"), NOW, NEVER);
  let reads = 0;
  const counting = readingItems((command) => {
    reads += 1;
    return dynamo.client.send(command);
  });
  expect(await countWatchesAndFindOrphaned(counting, NOW)).toEqual({
    accepted: 5,
    concluded: 2,
    stopped: 1,
    live: 2,
    discovered: 0,
    orphaned: [],
  });
  // Only the items of running watches are read, because each read costs money.
  expect(reads).toBe(2);

  await removePlan(await open("without-plan"));
  await open("beyond-its-deadline", NOW - 2 * HOUR_MS, NOW + 30_000);
  await open("left-by-the-sweep", NOW + HOUR_MS, NOW - 2 * HOUR_MS);
  const audit = await countWatchesAndFindOrphaned(table(), NOW);
  expect(audit).toMatchObject({ accepted: 8, concluded: 2, stopped: 1, live: 2 });
  expect(audit.orphaned.map(({ jobId }) => jobId).toSorted()).toEqual([
    "beyond-its-deadline",
    "left-by-the-sweep",
    "without-plan",
  ]);
});

it("counts more watches than it reads at the same time", async () => {
  await Promise.all(Array.from({ length: 45 }, (_, i) => open(`many-${i}`)));
  const audit = await countWatchesAndFindOrphaned(table(), NOW);
  expect(audit).toMatchObject({ accepted: 45, live: 45, orphaned: [] });
});

it("counts a watch that a newer release wrote as live", async () => {
  const before = await countWatchesAndFindOrphaned(table(), NOW);
  await raiseVersion(await open("newer", NOW - 2 * HOUR_MS, NOW - 2 * HOUR_MS));
  const after = await countWatchesAndFindOrphaned(table(), NOW);
  expect(after.live - before.live).toBe(1);
  // DynamoDB does not promise an order of the items of a scan.
  expect(new Set(after.orphaned)).toEqual(new Set(before.orphaned));
});

it("counts the watches of discovery, also next to the watch of a caller", async () => {
  const before = await countWatchesAndFindOrphaned(table(), NOW);
  await open("found", undefined, undefined, "discover:prod");
  await open("found");
  const { accepted, live, discovered } = await countWatchesAndFindOrphaned(table(), NOW);
  expect([accepted - before.accepted, live - before.live, discovered]).toEqual([2, 2, 1]);
  await ledger.stopWatch({ project: "prod", jobId: "found", caller: "discover:prod" }, NOW, NEVER);
  expect((await countWatchesAndFindOrphaned(table(), NOW)).discovered).toBe(1);
});

it("does not count a running watch that was deleted in the meantime", async () => {
  await open("deleted");
  const audit = await countWatchesAndFindOrphaned(
    readingItems(async () => ({})),
    NOW,
  );
  expect(audit).toMatchObject({ accepted: 0, live: 0, orphaned: [] });
});

it("fails if a running watch cannot be read, and does not count the watch as live", async () => {
  await open("unreadable");
  const failing = readingItems(async () => {
    throw new Error("throttled");
  });
  await expect(countWatchesAndFindOrphaned(failing, NOW)).rejects.toThrow("throttled");
});
