import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { mockClient } from "aws-sdk-client-mock";
import { readCallerData } from "../../../../lib/ledger/dynamo/caller-data.ts";
import {
  fromAttributes,
  type StoredValues,
  toAttributesWithoutNulls,
} from "../../../../lib/ledger/dynamo/expression.ts";
import { callerDataItemKey, watchItemKey } from "../../../../lib/ledger/dynamo/keys.ts";
import { startOrExtendWatch } from "../../../../lib/ledger/dynamo/start-or-extend-watch.ts";
import type { Ledger } from "../../../../lib/ledger/ledger.ts";
import type { NewWatch } from "../../../../lib/ledger/watch-ledger.ts";
import { type EmbeddedDynamo, startDynamo } from "../../../support/dynamodb.ts";
import { createDynamoLedger } from "../../../support/dynamodb-ledger.ts";
import { createTable } from "../../../support/table.ts";
import { firstGeneration, job, LEASE_MS, newKey, newWatch, pollRecord, T0 } from "../samples.ts";

const DAY_MS = 86_400_000;
/** Caller data that is too large for the watch item. */
const LARGE = { labels: { team: "x".repeat(300) } };
const CALLBACKS = { "callback:1": "encrypted" };

let dynamo: EmbeddedDynamo;
let ledger: Ledger;
let writes: string[] = [];

beforeAll(async () => {
  dynamo = await startDynamo();
  await createTable(dynamo.client, "open");
  ledger = createDynamoLedger({ client: withWriteLog(dynamo.client), table: "open" });
});
beforeEach(() => {
  writes = [];
});
afterAll(() => dynamo.stop());

/** Returns a client that logs the start and the end of each write, with the first part of the sort key. */
function withWriteLog(client: DynamoDBClient): DynamoDBClient {
  const send = async (command: Parameters<typeof client.send>[0]) => {
    const [, kind] = /"sk":\{"S":"([a-z]+)#/.exec(JSON.stringify(command.input)) ?? [];
    const isWrite = /^(Put|Update|Delete)Item/.test(command.constructor.name);
    if (!isWrite) return client.send(command);
    writes.push(`${kind} starts`);
    const output = await client.send(command);
    writes.push(`${kind} ends`);
    return output;
  };
  return Object.assign(Object.create(client) as DynamoDBClient, { send });
}

/** Uses all attributes of a watch item, ends the watch as lost, and makes the watch restartable. */
async function useAndEnd(watch: NewWatch): Promise<void> {
  const { acceptedAt, targets } = watch;
  const ready = { succeededAt: T0, readyPolls: 1, wasNotReady: true, reason: "r", message: "m" };
  const claim = { key: watch, messageId: "m-1", now: T0, leaseMs: LEASE_MS };
  await ledger.claimPoll({ ...claim, poll: 1 });
  await ledger.recordPoll(
    pollRecord({
      key: watch,
      tree: job(),
      slowAt: T0,
      rateLimited: true,
      consecutiveFailures: 3,
      accessError: { kind: "unauthorized", since: T0 },
      lastPollError: { text: "unauthorized", since: T0 },
      ready,
    }),
  );
  await ledger.claimPoll({ ...claim, poll: 2 });
  await ledger.endWatchUnlessTargetsAdded({
    key: watch,
    acceptedAt,
    targets,
    outcome: "lost",
    concludedAt: T0 + 1,
    polledAt: [T0],
    expiresAt: T0 + DAY_MS,
    job: { phase: "Running", jobType: "CreateCluster", resourceName: "blue", cause: "c", durationSeconds: 9 },
  });
  await ledger.stopWatch(watch, T0 + 2, T0 + DAY_MS);
}

async function readAttributes(watch: NewWatch): Promise<Record<string, unknown>> {
  const { pk, sk } = watchItemKey(watch);
  const command = new GetItemCommand({ TableName: "open", Key: { pk: { S: pk }, sk: { S: sk } } });
  return fromAttributes((await dynamo.client.send(command)).Item ?? {});
}

it("restarts a watch with the same attributes as a new watch, apart from generation, polls and caller item", async () => {
  const watch = newWatch({ context: LARGE, callbacks: CALLBACKS, targets: ["deploys", "callback:1"] });
  await ledger.startOrExtendWatch(watch);
  const first = await readAttributes(watch);
  await useAndEnd(watch);
  expect(Object.keys(await readAttributes(watch)).length).toBeGreaterThan(Object.keys(first).length);
  await ledger.startOrExtendWatch(watch);
  const restarted = { generation: 1, poll: 2, previousPolls: 2, requestToken: expect.any(String) };
  expect(await readAttributes(watch)).toEqual({ ...first, ...restarted });
});

const BEFORE_WATCH = ["caller starts", "caller ends", "watch starts", "watch ends"];
const large = () => newWatch({ context: LARGE });

it.each<[string, () => Promise<NewWatch>, string[]]>([
  ["a new watch", async () => large(), BEFORE_WATCH],
  [
    "an additional callback",
    async () => {
      const watch = newWatch();
      await ledger.startOrExtendWatch(watch);
      return { ...watch, callbacks: CALLBACKS, context: LARGE };
    },
    BEFORE_WATCH,
  ],
  [
    "a later deadline",
    async () => {
      const watch = large();
      await ledger.startOrExtendWatch(watch);
      return { ...watch, deadlineAt: watch.deadlineAt + 1 };
    },
    BEFORE_WATCH,
  ],
  [
    "a restarted watch",
    async () => {
      const watch = newWatch();
      await ledger.startOrExtendWatch(watch);
      await useAndEnd(watch);
      return { ...watch, callbacks: CALLBACKS, context: LARGE };
    },
    ["caller starts", "caller ends", ...BEFORE_WATCH],
  ],
  [
    "a restarted watch whose earlier caller data is not in the watch item",
    async () => {
      const watch = large();
      await ledger.startOrExtendWatch(watch);
      await useAndEnd(watch);
      return watch;
    },
    BEFORE_WATCH,
  ],
])("stores the caller data of %s completely before the watch", async (_, prepare, expected) => {
  const watch = await prepare();
  writes = [];
  await ledger.startOrExtendWatch(watch);
  expect(writes).toEqual(expected);
});

it.each([
  [200, "the watch item"],
  [201, "an item of its own, because each poll writes the watch item"],
])("stores caller data of %d bytes in %s", async (bytes, location) => {
  const emptyBytes = Buffer.byteLength(JSON.stringify({ context: JSON.stringify({ actor: "ü" }) }));
  const context = { actor: `ü${"x".repeat(bytes - emptyBytes)}` };
  await ledger.startOrExtendWatch(newWatch({ context }));
  expect(writes).toEqual(location === "the watch item" ? ["watch starts", "watch ends"] : BEFORE_WATCH);
});

describe("DynamoDB", () => {
  const client = new DynamoDBClient({ region: "eu-central-1" });
  const mocked = mockClient(client);
  const table = { client, table: "open" };
  beforeEach(() => mocked.reset());

  it("gets eight tries if other calls always create and delete the watch", async () => {
    mocked.on(PutItemCommand).rejects(new ConditionalCheckFailedException({ message: "", $metadata: {} }));
    mocked.on(GetItemCommand).resolves({});
    await expect(startOrExtendWatch(table, newWatch())).rejects.toThrow("all 8 tries");
    expect(mocked.commandCalls(PutItemCommand)).toHaveLength(8);
  });

  /** Sets the watch that DynamoDB contains. `refusals` writes fail, because another call has changed the watch. */
  function setWatch(attributes: StoredValues, refusals = 0) {
    const item = toAttributesWithoutNulls({
      ...watchItemKey(newWatch()),
      v: 1,
      generation: 3,
      poll: 7,
      pollDone: true,
      acceptedAt: T0,
      deadlineAt: T0 + 7_200_000,
      targets: new Set(["deploys"]),
      ...attributes,
    });
    const refused = new ConditionalCheckFailedException({ message: "", $metadata: {} });
    let remaining = refusals;
    mocked.on(PutItemCommand).rejects(refused);
    mocked.on(GetItemCommand).resolves({ Item: item });
    mocked.on(QueryCommand).resolves({ Items: [] });
    mocked.on(UpdateItemCommand).callsFake(({ Key }: UpdateItemCommand["input"]) => {
      if (!Key?.sk?.S?.startsWith("watch#")) return {};
      remaining -= 1;
      if (remaining >= 0) throw refused;
      return { Attributes: item };
    });
  }
  const updates = () => mocked.commandCalls(UpdateItemCommand).map(({ args: [{ input }] }) => input);

  it("gets the new target of a running watch again if another call has changed the watch", async () => {
    setWatch({ state: "watching" }, 1);
    expect(await startOrExtendWatch(table, newWatch({ targets: ["audit"] }))).toMatchObject({
      kind: "already_watching",
      addedTargets: ["audit"],
    });
    expect(updates()).toHaveLength(2);
    expect(updates().at(-1)?.UpdateExpression).not.toContain("due");
  });

  it("gets the restart of a watch again if another call has changed the watch", async () => {
    setWatch({ state: "stopped", restartable: true }, 1);
    expect(await startOrExtendWatch(table, newWatch())).toEqual({ kind: "accepted", poll: 8, generation: 4 });
    expect(updates().filter(({ UpdateExpression }) => UpdateExpression?.includes("generation"))).toHaveLength(
      2,
    );
  });

  it("gets no write for a repeated call", async () => {
    for (const readyMinutes of [undefined, 15]) {
      setWatch({ state: "watching", readyMinutes: readyMinutes ?? null });
      const call = newWatch(readyMinutes === undefined ? {} : { readyMinutes });
      expect(await startOrExtendWatch(table, call)).toMatchObject({
        kind: "already_watching",
        addedTargets: [],
      });
    }
    expect(updates()).toEqual([]);
  });

  it.each([
    [{ callbacksPerWatch: 5, targetsPerWatch: 50 }, "54"],
    [{ callbacksPerWatch: 1, targetsPerWatch: 1 }, "1"],
    [{ callbacksPerWatch: 0, targetsPerWatch: 50 }, undefined],
    [{ callbacksPerWatch: 5, targetsPerWatch: 0 }, undefined],
  ])(
    "refuses a new target within the limits %j if other calls have added targets meanwhile",
    async (limits, most) => {
      setWatch({ state: "watching" });
      await startOrExtendWatch(table, { ...newWatch({ targets: ["callback:1"] }), limits });
      const [update] = updates();
      expect(update?.ExpressionAttributeValues?.[":most"]?.N).toBe(most);
      expect(update?.ConditionExpression?.includes(":most")).toBe(most !== undefined);
    },
  );

  it("gets one write and no read for a new watch with little caller data", async () => {
    mocked.on(PutItemCommand).resolves({});
    expect(await startOrExtendWatch(table, newWatch())).toEqual({
      kind: "accepted",
      poll: 1,
      generation: 0,
    });
    expect(mocked.calls()).toHaveLength(1);
  });
});

const key = firstGeneration(newKey());
const WATCH = {
  v: 1,
  state: "watching",
  generation: 0,
  poll: 0,
  pollDone: true,
  acceptedAt: T0,
  deadlineAt: T0,
};
const SMALL = { context: JSON.stringify({ actor: "jane" }), "callback=callback:1": "encrypted-1" };
const LATER = { v: 1, context: JSON.stringify({ actor: "late" }), "callback=callback:2": "encrypted-2" };

const NOTHING = { context: {}, callbacks: {} };
const JANE = { context: { actor: "jane" }, callbacks: { "callback:1": "encrypted-1" } };

it.each<[string, StoredValues, StoredValues | null, object, number]>([
  ["in the watch item", { ...WATCH, ...SMALL }, null, JANE, 1],
  ["in an item of its own", { ...WATCH, hasCallerItem: true }, { v: 1, ...SMALL }, JANE, 2],
  [
    "of two calls in both items, with the context of the first call",
    { ...WATCH, ...SMALL, hasCallerItem: true },
    LATER,
    { ...JANE, callbacks: { ...JANE.callbacks, "callback:2": "encrypted-2" } },
    2,
  ],
  ["of an earlier generation", { ...WATCH, ...LATER, generation: 1 }, { v: 1, ...SMALL }, JANE, 2],
  ["of an earlier generation that was deleted", { ...WATCH, ...SMALL, generation: 1 }, null, NOTHING, 2],
])("caller data is read %s", async (_, watchItem, callerItem, expected, reads) => {
  const items = [
    { ...watchItemKey(key), ...watchItem },
    ...(callerItem === null ? [] : [{ ...callerDataItemKey(key), ...callerItem }]),
  ].map(toAttributesWithoutNulls);
  const read: object[] = [];
  const send = async (command: object) => {
    if (!(command instanceof GetItemCommand)) throw new Error("unexpected command");
    read.push(command);
    return { Item: items.find(({ sk }) => sk?.S === command.input.Key?.sk?.S) };
  };
  const table = { client: { send } as unknown as DynamoDBClient, table: "ledger" };
  expect(await readCallerData(table, key)).toEqual(expected);
  expect(read).toHaveLength(reads);
});
