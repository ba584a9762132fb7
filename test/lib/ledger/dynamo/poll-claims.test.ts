import { type DynamoDBClient, GetItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import type { Job } from "../../../../lib/domain/job.ts";
import {
  compressTruncatedTree,
  computeShortHashOfTreeJson,
  decompressTree,
} from "../../../../lib/ledger/dynamo/compressed-tree.ts";
import { toAttributesWithoutNulls } from "../../../../lib/ledger/dynamo/expression.ts";
import { readRawItem, upsertItem } from "../../../../lib/ledger/dynamo/item-operations.ts";
import { type ItemKey, treeItemKey, watchItemKey } from "../../../../lib/ledger/dynamo/keys.ts";
import { claimPoll, recordPoll } from "../../../../lib/ledger/dynamo/poll-claims.ts";
import type { Ledger } from "../../../../lib/ledger/ledger.ts";
import type { NewWatch } from "../../../../lib/ledger/watch-ledger.ts";
import { type EmbeddedDynamo, startDynamo } from "../../../support/dynamodb.ts";
import { createDynamoLedger } from "../../../support/dynamodb-ledger.ts";
import { createTable } from "../../../support/table.ts";
import { job, LEASE_MS, newWatch, pollRecord, T0 } from "../samples.ts";

let dynamo: EmbeddedDynamo;
beforeAll(async () => {
  dynamo = await startDynamo();
  await createTable(dynamo.client, "polls");
});
afterAll(() => dynamo.stop());

/** Returns a client whose writes of trees fail. */
function withoutTrees(client: DynamoDBClient): DynamoDBClient {
  const send = async (command: Parameters<typeof client.send>[0]) => {
    if (JSON.stringify(command.input).includes('"sk":{"S":"tree#')) throw new Error("throttled");
    return client.send(command);
  };
  return Object.assign(Object.create(client) as DynamoDBClient, { send });
}

/** Returns a client that reads no single item, and calls `onRead` before each refused read. */
function withoutReads(client: DynamoDBClient, onRead = () => {}): DynamoDBClient {
  const send = async (command: Parameters<typeof client.send>[0]) => {
    if (!(command instanceof GetItemCommand)) return client.send(command);
    onRead();
    throw new Error("throttled");
  };
  return Object.assign(Object.create(client) as DynamoDBClient, { send });
}

it("stores a large tree at the next poll when the first write failed", async () => {
  const table = { client: dynamo.client, table: "polls" };
  const ledger = createDynamoLedger(table);
  const watch = newWatch();
  const subJobs = Array.from({ length: 40 }, (_, i) =>
    job({ jobId: `${i * 7919}`, reason: `because of ${i}` }),
  );
  const tree = job({ subJobs });
  await ledger.startOrExtendWatch(watch);
  await ledger.claimPoll({ key: watch, poll: 1, messageId: "m-1", now: T0, leaseMs: LEASE_MS });
  const record = pollRecord({ key: watch, tree });
  await expect(recordPoll({ ...table, client: withoutTrees(dynamo.client) }, record)).rejects.toThrow(
    "throttled",
  );
  expect(await ledger.readWatchDocumentOrNull(watch)).toMatchObject({
    tree: null,
    watch: { poll: 1, pollDone: true },
  });

  await ledger.claimPoll({ key: watch, poll: 2, messageId: "m-2", now: T0, leaseMs: LEASE_MS });
  await ledger.recordPoll({ ...record, poll: 2, messageId: "m-2" });
  expect((await ledger.readWatchDocumentOrNull(watch))?.tree).toEqual(tree);
});

it("stores a large tree at the next poll when neither the tree nor its missing state could be written", async () => {
  let failures = 0;
  const send = async (command: Parameters<typeof dynamo.client.send>[0]) => {
    const isTreeWrite = JSON.stringify(command.input).includes('"sk":{"S":"tree#');
    if (failures > 0 && (isTreeWrite || failures === 1)) {
      failures -= 1;
      throw new Error("throttled");
    }
    return dynamo.client.send(command);
  };
  const client = Object.assign(Object.create(dynamo.client) as DynamoDBClient, { send });
  const ledger = createDynamoLedger({ client, table: "polls" });
  const watch = newWatch();
  const treeOf = (phase: string) =>
    job({
      subJobs: Array.from({ length: 40 }, (_, i) =>
        job({
          jobId: `${i * 7919}`,
          reason: `because of ${i}`,
          // The change of one subjob is small, so it would fit into the watch item.
          phase: i === 0 ? phase : "Running",
        }),
      ),
    });
  await ledger.startOrExtendWatch(watch);
  const poll = async (number: number, tree: Job) => {
    const messageId = `m-${number}`;
    await ledger.claimPoll({ key: watch, poll: number, messageId, now: T0, leaseMs: LEASE_MS });
    await ledger.recordPoll(pollRecord({ key: watch, poll: number, messageId, tree }));
  };
  await ledger.claimPoll({ key: watch, poll: 1, messageId: "m-1", now: T0, leaseMs: LEASE_MS });
  failures = 2;
  const first = ledger.recordPoll(pollRecord({ key: watch, tree: treeOf("Running") }));
  await expect(first).rejects.toThrow("throttled");
  expect(failures).toBe(0);
  await poll(2, treeOf("Success"));
  expect((await ledger.readWatchDocumentOrNull(watch))?.tree).toEqual(treeOf("Success"));
});

it("writes each change of a tree with more than 32 kB to the tree item", async () => {
  const watch = newWatch();
  await createDynamoLedger({ client: dynamo.client, table: "polls" }).startOrExtendWatch(watch);
  const stored: unknown[] = [];
  let reads = 0;
  const client = withoutReads(dynamo.client, () => {
    reads += 1;
  });
  for (const [at, phase] of ["Running", "Success"].entries()) {
    const tree = job({
      subJobs: Array.from({ length: 200 }, (_, i) => job({ jobId: `${i * 7919}`, phase })),
    });
    const messageId = `m-${at}`;
    // Another process makes each poll. A read of the earlier tree would cost money to no effect.
    const ledger = createDynamoLedger({ client, table: "polls" });
    await ledger.claimPoll({ key: watch, poll: at + 1, messageId, now: T0, leaseMs: LEASE_MS });
    await ledger.recordPoll(pollRecord({ key: watch, poll: at + 1, messageId, tree }));
    expect((await ledger.readWatchDocumentOrNull(watch))?.tree).toEqual(tree);
    const item = await readRawItem({ client: dynamo.client, table: "polls" }, treeItemKey(watch));
    stored.push(decompressTree(item?.tree?.B ?? Buffer.of()).subJobs[7]?.phase);
  }
  expect(stored).toEqual(["Running", "Success"]);
  expect(reads).toBe(0);
});

it("reads the item before the write only if the tree does not fit into the watch item", async () => {
  const table = { client: dynamo.client, table: "polls" };
  const ledger = createDynamoLedger(table);
  const returned: unknown[] = [];
  const send = async (command: Parameters<typeof dynamo.client.send>[0]) => {
    if ("ReturnValues" in command.input) returned.push(command.input.ReturnValues);
    return dynamo.client.send(command);
  };
  const client = Object.assign(Object.create(dynamo.client) as DynamoDBClient, { send });
  const small = job({ subJobs: [job({ jobId: "small" })] });
  const subJobs = Array.from({ length: 40 }, (_, i) => job({ jobId: `${i * 6007}` }));
  const watch = newWatch();
  await ledger.startOrExtendWatch(watch);
  for (const [at, tree] of [null, small, small, job({ subJobs })].entries()) {
    const messageId = `m-${at}`;
    await ledger.claimPoll({ key: watch, poll: at + 1, messageId, now: T0, leaseMs: LEASE_MS });
    const record = pollRecord({ key: watch, poll: at + 1, messageId, tree });
    expect(await recordPoll({ ...table, client }, record)).toBe("recorded");
    if (tree !== null) expect((await ledger.readWatchDocumentOrNull(watch))?.tree).toEqual(tree);
  }
  expect(returned).toEqual(["NONE", "NONE", "NONE", "ALL_OLD", "NONE"]);
});

describe("a large tree that changes", () => {
  const table = { table: "polls" };
  let ledger: Ledger;
  let watch: NewWatch;
  let polls: number;
  beforeEach(async () => {
    ledger = createDynamoLedger({ ...table, client: dynamo.client });
    watch = newWatch();
    polls = 0;
    await ledger.startOrExtendWatch(watch);
  });

  const subJobs = Array.from({ length: 20 }, (_, i) =>
    job({ jobId: `${i * 7919}`, type: `Install${i}`, reason: `because of ${i * i}` }),
  );
  /** Returns a tree whose first subjobs have ended. */
  const treeWith = (ended: number) =>
    job({ subJobs: subJobs.map((subJob, i) => ({ ...subJob, phase: i < ended ? "Success" : "Running" })) });
  async function poll(tree: Job): Promise<void> {
    polls += 1;
    const messageId = `m-${polls}`;
    await ledger.claimPoll({ key: watch, poll: polls, messageId, now: T0, leaseMs: LEASE_MS });
    await ledger.recordPoll(pollRecord({ key: watch, poll: polls, messageId, tree }));
  }
  const readItem = async (key: ItemKey) =>
    (await readRawItem({ ...table, client: dynamo.client }, key)) ?? {};
  const storedTree = async () => decompressTree((await readItem(treeItemKey(watch))).tree?.B ?? Buffer.of());
  const readTree = async () => (await ledger.readWatchDocumentOrNull(watch))?.tree;

  it("is stored once, and its changes are in the watch item", async () => {
    for (const ended of [0, 2, 3, 3, 7]) {
      await poll(treeWith(ended));
      expect(await readTree()).toEqual(treeWith(ended));
    }
    expect(await storedTree()).toEqual(treeWith(0));
    await poll(treeWith(0));
    expect(await readTree()).toEqual(treeWith(0));
  });

  it("is stored again if the changes are too large for the watch item", async () => {
    const other = job({
      subJobs: subJobs.map((subJob, i) => ({ ...subJob, reason: computeShortHashOfTreeJson(`${i}`) })),
    });
    await poll(treeWith(0));
    await poll(treeWith(1));
    await poll(other);
    expect(await storedTree()).toEqual(other);
    expect(await readTree()).toEqual(other);
  });

  it("expires eight days after the deadline, and is stored again if the deadline is later", async () => {
    const expirySeconds = async () => Number((await readItem(treeItemKey(watch))).expiresAt?.N);
    const deadlineSeconds = watch.deadlineAt / 1000;
    await poll(treeWith(0));
    expect(await expirySeconds()).toBe(deadlineSeconds + 8 * 86_400);
    await ledger.startOrExtendWatch({ ...watch, deadlineAt: watch.deadlineAt + 1000 });
    await poll(treeWith(1));
    expect(await storedTree()).toEqual(treeWith(1));
    expect(await expirySeconds()).toBe(deadlineSeconds + 8 * 86_400 + 1);
  });

  it("keeps its changes in the watch item if other processes make the next polls", async () => {
    for (const ended of [0, 2, 3, 7]) {
      ledger = createDynamoLedger({ ...table, client: dynamo.client });
      await poll(treeWith(ended));
      expect(await readTree()).toEqual(treeWith(ended));
    }
    expect(await storedTree()).toEqual(treeWith(0));
  });

  it("is stored again if the read of the stored tree returns an older tree", async () => {
    await poll(treeWith(0));
    const older = (await readItem(treeItemKey(watch))).tree?.B;
    await upsertItem(
      { ...table, client: dynamo.client },
      {
        key: watchItemKey(watch),
        set: { treeHash: computeShortHashOfTreeJson(JSON.stringify(treeWith(1))) },
      },
    );
    await poll(treeWith(2));
    expect(older).not.toEqual((await readItem(treeItemKey(watch))).tree?.B);
    expect(await storedTree()).toEqual(treeWith(2));
  });

  it("is stored again if the stored tree cannot be read", async () => {
    await poll(treeWith(0));
    ledger = createDynamoLedger({ ...table, client: withoutReads(dynamo.client) });
    await poll(treeWith(1));
    expect(await storedTree()).toEqual(treeWith(1));
  });

  it("shows the stored tree to a reader that finds changes of another stored tree", async () => {
    await poll(treeWith(0));
    await poll(treeWith(1));
    const newer = { ...treeWith(5), type: "Newer" };
    await upsertItem(
      { ...table, client: dynamo.client },
      { key: treeItemKey(watch), set: { tree: compressTruncatedTree(newer) } },
    );
    expect(await readTree()).toEqual(newer);
  });
});

describe("the memory of a process", () => {
  const treeOf = (phase: string) =>
    job({
      subJobs: Array.from({ length: 20 }, (_, i) =>
        job({ jobId: `${i * 7919}`, type: `Install${i}`, reason: `because of ${i * i}`, phase }),
      ),
    });
  const [first, second, third] = ["Initializing", "Running", "Success"].map(treeOf) as [Job, Job, Job];
  const keyOf = (jobId: string | number) => ({ project: "prod", jobId: `${jobId}`, caller: "token:ci" });

  /** Returns a table in which each watch contains the same latest tree and earlier changes of the tree. */
  function createTableWithTree() {
    const counts = { reads: 0, treeWrites: 0 };
    const stored = { tree: first, expiresAt: 1e12 };
    const send = async (command: { readonly input: object }) => {
      if (command instanceof GetItemCommand) {
        counts.reads += 1;
        // A consistent read would cost twice as much.
        expect(command.input.ConsistentRead).toBe(false);
        const tree = compressTruncatedTree(first);
        return { Item: toAttributesWithoutNulls({ tree, expiresAt: stored.expiresAt }) };
      }
      if (!(command instanceof UpdateItemCommand)) throw new Error("unexpected command");
      const { pk = { S: "" }, sk = { S: "" } } = command.input.Key ?? {};
      if (sk.S?.startsWith("tree#")) counts.treeWrites += 1;
      const [treeHash, treeChange] = [computeShortHashOfTreeJson(JSON.stringify(stored.tree)), Buffer.of(1)];
      const watch = { v: 1, state: "watching", generation: 0, poll: 0, pollDone: true };
      const times = { acceptedAt: T0, deadlineAt: T0 + 1 };
      return {
        Attributes: { pk, sk, ...toAttributesWithoutNulls({ ...watch, ...times, treeHash, treeChange }) },
      };
    };
    const client = { send } as unknown as DynamoDBClient;
    return { counts, stored, table: { client, table: "fake" } };
  }

  const claim = { poll: 1, messageId: "m-1", now: T0, leaseMs: LEASE_MS };

  it.each([
    [199, 0],
    [200, 1],
  ])(
    "contains the stored trees of 200 watches: after polls of %d other watches, the next change costs %d reads",
    async (others, reads) => {
      const { counts, stored, table } = createTableWithTree();
      const poll = async (jobId: string | number, tree: Job) => {
        await claimPoll(table, { ...claim, key: keyOf(jobId) });
        expect(await recordPoll(table, pollRecord({ key: keyOf(jobId), tree }))).toBe("recorded");
      };
      await poll("a", second);
      for (let other = 0; other < others; other += 1) await poll(other, second);
      counts.reads = 0;
      stored.tree = second;
      await poll("a", third);
      expect(counts).toEqual({ reads, treeWrites: 0 });
    },
  );

  it.each([
    [199, 0],
    [200, 1],
  ])(
    "contains the state of 200 claimed polls: after claims of %d other polls, an unchanged tree is written %d times",
    async (others, treeWrites) => {
      const { counts, table } = createTableWithTree();
      await claimPoll(table, { ...claim, key: keyOf("a") });
      for (let other = 0; other < others; other += 1) await claimPoll(table, { ...claim, key: keyOf(other) });
      expect(await recordPoll(table, pollRecord({ key: keyOf("a"), tree: first }))).toBe("recorded");
      expect(counts).toEqual({ reads: 0, treeWrites });
    },
  );

  it("contains a tree that the process itself has stored", async () => {
    const { counts, stored, table } = createTableWithTree();
    const poll = async (tree: Job) => {
      await claimPoll(table, { ...claim, key: keyOf("a") });
      expect(await recordPoll(table, pollRecord({ key: keyOf("a"), tree }))).toBe("recorded");
      stored.tree = tree;
    };
    // The stored tree expires too early, so the process stores the next tree.
    stored.expiresAt = 1;
    await poll(second);
    expect(counts).toEqual({ reads: 1, treeWrites: 1 });
    await poll(third);
    expect(counts).toEqual({ reads: 1, treeWrites: 1 });
  });

  it("contains a separate state for each claimed poll", async () => {
    const { counts, stored, table } = createTableWithTree();
    await claimPoll(table, { ...claim, key: keyOf("a") });
    stored.tree = second;
    await claimPoll(table, { ...claim, key: keyOf("b") });
    await claimPoll(table, { ...claim, key: keyOf("a"), poll: 2, messageId: "m-2" });
    await claimPoll(table, { ...claim, key: keyOf("a"), messageId: "m-3" });
    expect(await recordPoll(table, pollRecord({ key: keyOf("a"), tree: first }))).toBe("recorded");
    expect(counts).toEqual({ reads: 0, treeWrites: 0 });
  });
});

it("keeps the time in the overdue index until the watch belongs to another run of the sweep", async () => {
  const ledger = createDynamoLedger({ client: dynamo.client, table: "polls", sweepIntervalMs: 300_000 });
  const acceptedAt = Math.ceil(T0 / 300_000) * 300_000;
  const watch = newWatch({ acceptedAt, nextPollAt: acceptedAt + 60_000 });
  const dueAt = async () =>
    (await ledger.listOverdueWatches(acceptedAt * 2, 1000)).find(({ project }) => project === watch.project)
      ?.dueAt;
  await ledger.startOrExtendWatch(watch);
  const times = [await dueAt()];
  for (const [poll, nextPollAt] of [120_000, 269_000, 271_000, 400_000].entries()) {
    const messageId = `m-${poll}`;
    await ledger.claimPoll({ key: watch, poll: poll + 1, messageId, now: acceptedAt, leaseMs: LEASE_MS });
    await ledger.recordPoll(
      pollRecord({ key: watch, poll: poll + 1, messageId, nextPollAt: acceptedAt + nextPollAt }),
    );
    times.push(await dueAt());
  }
  const [first, second] = [acceptedAt + 299_999, acceptedAt + 599_999];
  expect(times).toEqual([first, first, first, second, second]);
  await ledger.endWatchUnlessTargetsAdded({
    key: watch,
    acceptedAt,
    outcome: "failed",
    concludedAt: acceptedAt + 401_000,
    targets: watch.targets,
    polledAt: [],
    expiresAt: acceptedAt * 2,
  });
  expect(await dueAt()).toBe(second);
});
