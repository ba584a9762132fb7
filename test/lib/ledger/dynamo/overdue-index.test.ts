import {
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { watchItemKey } from "../../../../lib/ledger/dynamo/keys.ts";
import {
  listOverdueWatches,
  OVERDUE_SHARDS,
  overdueShard,
  rescheduleSweepIfUnchanged,
  scheduleSweepByAndExtendExpiry,
} from "../../../../lib/ledger/dynamo/overdue-index.ts";
import { type EmbeddedDynamo, startDynamo } from "../../../support/dynamodb.ts";
import { createDynamoLedger } from "../../../support/dynamodb-ledger.ts";
import { createTable } from "../../../support/table.ts";
import { LEASE_MS, newWatch, pollRecord, T0 } from "../samples.ts";

let dynamo: EmbeddedDynamo;
beforeAll(async () => {
  dynamo = await startDynamo();
});
beforeEach(() => createTable(dynamo.client, "overdue"));
afterAll(() => dynamo.stop());

const tableOf = () => ({ client: dynamo.client, table: "overdue" });
const caller = "token:ci";

/** Returns the table with a client that passes each command to `onCommand` before it sends the command. */
function observing(onCommand: (command: object) => void) {
  const send = (command: Parameters<DynamoDBClient["send"]>[0]) => {
    onCommand(command);
    return dynamo.client.send(command);
  };
  return { ...tableOf(), client: Object.assign(Object.create(dynamo.client) as DynamoDBClient, { send }) };
}

/** Opens watches whose entries are in one shard of the index. The n-th watch is due at `dueAt(n)`. */
async function openInOneShard(count: number, nextPollAt: (n: number) => number): Promise<string[]> {
  const jobIds: string[] = [];
  for (let n = 0; jobIds.length < count; n += 1) {
    const watch = newWatch({ project: "prod", jobId: `job-${n}`, caller });
    if (overdueShard(watch) !== 0) continue;
    await createDynamoLedger(tableOf()).startOrExtendWatch({
      ...watch,
      nextPollAt: nextPollAt(jobIds.length),
    });
    jobIds.push(watch.jobId);
  }
  return jobIds;
}

test("the sweep finds an overdue watch behind many watches that are not overdue", async () => {
  const jobIds = await openInOneShard(12, (n) => (n === 11 ? T0 + 700_000 : T0 + 600_000 + n));
  const ledger = createDynamoLedger(tableOf());
  for (const jobId of jobIds.slice(0, 11)) {
    const key = { project: "prod", jobId, caller };
    await ledger.claimPoll({ key, poll: 1, messageId: "m", now: T0, leaseMs: LEASE_MS });
    await ledger.recordPoll(pollRecord({ key, messageId: "m", nextPollAt: T0 + 9_000_000 }));
  }
  const limits: unknown[] = [];
  const table = observing((command) => {
    if (command instanceof QueryCommand && command.input.ExpressionAttributeValues?.[":shard"]?.N === "0")
      limits.push(command.input.Limit);
  });
  const overdue = await listOverdueWatches(table, T0 + 1_000_000, 2);
  expect(overdue.map(({ jobId }) => jobId)).toEqual(jobIds.slice(11));
  // Each query reads four times as many entries as the query before, so that few queries are needed.
  expect(limits).toEqual([2, 8, 32]);
});

test("the sweep finds the watches that it has not handled before the watches that it has handled", async () => {
  const jobIds = await openInOneShard(3, (n) => T0 + n);
  const now = T0 + 1_000_000;
  let queries = 0;
  const counting = observing(() => {
    queries += 1;
  });
  const [first] = await listOverdueWatches(counting, now, 1);
  // One query of each shard is enough.
  expect(queries).toBe(OVERDUE_SHARDS);
  expect(first?.jobId).toBe(jobIds[0]);
  if (first === undefined) throw new Error("No watch is overdue.");
  expect(await rescheduleSweepIfUnchanged(tableOf(), first, now + 240_000)).toBe("moved");
  const later = await listOverdueWatches(tableOf(), now + 300_000, 10);
  expect(later.map(({ jobId }) => jobId)).toEqual([jobIds[1], jobIds[2], jobIds[0]]);
});

test("a poll changes the time in the index and keeps the sort key", async () => {
  const ledger = createDynamoLedger(tableOf());
  const watch = newWatch({ nextPollAt: T0 + 60_000 });
  const read = async () => {
    const { pk, sk } = watchItemKey(watch);
    const Key = { pk: { S: pk }, sk: { S: sk } };
    const { Item } = await dynamo.client.send(new GetItemCommand({ TableName: "overdue", Key }));
    return { dueAt: Number(Item?.dueAt?.N), dueOrder: Number(Item?.dueOrder?.N) };
  };
  await ledger.startOrExtendWatch(watch);
  const opened = await read();
  expect(opened.dueOrder).toBe(opened.dueAt);
  await ledger.claimPoll({ key: watch, poll: 1, messageId: "m", now: T0, leaseMs: LEASE_MS });
  await ledger.recordPoll(pollRecord({ key: watch, messageId: "m", nextPollAt: T0 + 120_000 }));
  expect(await read()).toEqual({ dueAt: opened.dueAt + 60_000, dueOrder: opened.dueOrder });
});

test("an earlier sweep without a later expiry costs one write", async () => {
  const watch = newWatch();
  await createDynamoLedger(tableOf()).startOrExtendWatch(watch);
  const writes: object[] = [];
  const table = observing((command) => writes.push(command));
  await scheduleSweepByAndExtendExpiry(table, { ...watch, generation: 0 }, T0, null);
  expect(writes).toEqual([expect.any(UpdateItemCommand)]);
});

test("a poll adds a watch that is missing in the index", async () => {
  const ledger = createDynamoLedger(tableOf());
  const watch = newWatch();
  await ledger.startOrExtendWatch(watch);
  const { pk, sk } = watchItemKey(watch);
  const UpdateExpression = "REMOVE dueAt, dueOrder, dueShard";
  const Key = { pk: { S: pk }, sk: { S: sk } };
  await dynamo.client.send(new UpdateItemCommand({ TableName: "overdue", Key, UpdateExpression }));
  expect(await ledger.listOverdueWatches(T0 + 1_000_000, 10)).toEqual([]);
  await ledger.claimPoll({ key: watch, poll: 1, messageId: "m", now: T0, leaseMs: LEASE_MS });
  await ledger.recordPoll(pollRecord({ key: watch, messageId: "m", nextPollAt: T0 + 120_000 }));
  const [listed] = await ledger.listOverdueWatches(T0 + 1_000_000, 10);
  expect(listed).toMatchObject({ project: watch.project, dueAt: T0 + 150_000 });
});
