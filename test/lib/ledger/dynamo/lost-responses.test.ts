import {
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { toAttributesWithoutNulls } from "../../../../lib/ledger/dynamo/expression.ts";
import { callerDataItemKey, treeItemKey } from "../../../../lib/ledger/dynamo/keys.ts";
import type { Ledger } from "../../../../lib/ledger/ledger.ts";
import type { NewWatch } from "../../../../lib/ledger/watch-ledger.ts";
import { createMemoryLedger } from "../../../simulation/memory-ledger.ts";
import { type EmbeddedDynamo, startDynamo } from "../../../support/dynamodb.ts";
import { createDynamoLedger } from "../../../support/dynamodb-ledger.ts";
import fc from "../../../support/properties.ts";
import { createTable } from "../../../support/table.ts";
import { callLedger, ledgerCall, readLedgerState } from "../random-operations.ts";
import {
  attempt,
  endOf,
  firstGeneration,
  job,
  LEASE_MS,
  NEVER,
  newKey,
  newWatch,
  pollRecord,
  T0,
} from "../samples.ts";

/** `npm run servers:test` makes more runs on a faster server. */
const RUNS = Number(process.env.LEDGER_RUNS ?? 8);

let dynamo: EmbeddedDynamo;
let ledger: Ledger;
/** Loses the first response to each write. */
let lossy: Ledger;
beforeAll(async () => {
  dynamo = await startDynamo();
  await createTable(dynamo.client, "claims");
  ledger = createDynamoLedger({ client: dynamo.client, table: "claims" });
  lossy = createDynamoLedger({ client: withLostResponses(dynamo.client), table: "claims" });
});
afterAll(() => dynamo.stop());

/** Returns a client that does what the AWS SDK does if it gets no response to a write: it sends the write again. */
function withLostResponses(client: DynamoDBClient): DynamoDBClient {
  const send = async (command: Parameters<typeof client.send>[0]) => {
    if (isWrite(command)) await client.send(command).catch(() => undefined);
    return client.send(command);
  };
  return Object.assign(Object.create(client) as DynamoDBClient, { send });
}

function isWrite(command: object): boolean {
  return command instanceof UpdateItemCommand || command instanceof PutItemCommand;
}

/**
 * The operations that return another result if the first response is lost, and why nothing is lost. The test calls them
 * without lost responses.
 */
const OPERATIONS_WITH_OTHER_RESULTS: { readonly [Name in keyof Ledger]?: string } = {
  addDuration: "The duration counts twice.",
  addWaitingCallUnlessTooMany: "The number stays reserved until the maximum end of the waiting call.",
  claimDiscoveryIfDueOrRequested: "Discovery runs one interval later.",
  postponeNotificationAndEndLease: "The message returns to the queue in both cases.",
  recordAttemptIfClaimed: "SQS delivers the message again, and the next claim finds the record.",
  recordPoll: "The result `superseded` has no effect, and tests below check the tree.",
  reserveRequestTime: "One reserved time stays unused.",
  saveSmnMessageIdOnce: "The next scheduled run of discovery finds the job.",
  switchTargetOff: "Only the log line is missing.",
};

/** Removes the fields that may differ after a lost response. */
function withoutUncertainFields(result: unknown): unknown {
  if (typeof result !== "object" || result === null || !("kind" in result)) return result;
  if (result.kind === "claimed") return { ...result, reclaimed: undefined, unfinishedTries: undefined };
  return result.kind === "already_watching"
    ? { ...result, addedTargets: undefined, generations: undefined }
    : result;
}

test("random calls return the same and store the same if the first response to each write is lost", async () => {
  let tables = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(ledgerCall, { minLength: 1, maxLength: 60, size: "max" }), async (calls) => {
      tables += 1;
      const table = `lost-responses-${tables}`;
      await createTable(dynamo.client, table);
      const stored = createDynamoLedger({ client: dynamo.client, table });
      const repeated = createDynamoLedger({ client: withLostResponses(dynamo.client), table });
      const simulated = createMemoryLedger();
      for (const [i, call] of calls.entries()) {
        const result = await callLedger(call.name in OPERATIONS_WITH_OTHER_RESULTS ? stored : repeated, call);
        const expected = await callLedger(simulated, call);
        expect({ i, ...call, result: withoutUncertainFields(result) }).toEqual({
          i,
          ...call,
          result: withoutUncertainFields(expected),
        });
      }
      expect(await readLedgerState(stored)).toEqual(await readLedgerState(simulated));
    }),
    { numRuns: RUNS },
  );
});

/** Returns a job whose tree does not fit into the watch item. */
function largeTree(phase: string) {
  const subJobs = Array.from({ length: 40 }, (_, i) =>
    job({ jobId: `${i * 7919}`, reason: `because of ${i * i}`, phase }),
  );
  return job({ subJobs });
}

describe("a claim of a poll whose first response is lost", () => {
  const claim = { poll: 1, messageId: "m-1", now: T0, leaseMs: LEASE_MS };

  it("is granted, so that the poll does not wait for the end of its own lease", async () => {
    const watch = newWatch();
    await ledger.startOrExtendWatch(watch);
    expect(await lossy.claimPoll({ ...claim, key: watch })).toMatchObject({
      kind: "claimed",
      watch: { jobId: watch.jobId, poll: 1, pollDone: false, targets: watch.targets },
      // An earlier invocation may have claimed the poll, so the function must read the stored outcome.
      reclaimed: true,
      unfinishedTries: 0,
    });
  });

  it("excludes all other messages and later deliveries of the same message", async () => {
    const watch = newWatch();
    await ledger.startOrExtendWatch(watch);
    await lossy.claimPoll({ ...claim, key: watch });
    expect(await ledger.claimPoll({ ...claim, key: watch })).toEqual({ kind: "own_lease" });
    expect(await lossy.claimPoll({ ...claim, key: watch })).toEqual({ kind: "own_lease" });
    expect(await lossy.claimPoll({ ...claim, key: watch, messageId: "m-2" })).toEqual({
      kind: "other_owner",
    });
  });

  it("counts as one try", async () => {
    const watch = newWatch();
    await ledger.startOrExtendWatch(watch);
    const tries: unknown[] = [];
    for (let i = 0; i < 3; i += 1)
      tries.push(await lossy.claimPoll({ ...claim, key: watch, now: T0 + i * (LEASE_MS + 1) }));
    expect(tries).toEqual([0, 1, 2].map((unfinishedTries) => expect.objectContaining({ unfinishedTries })));
  });

  it("knows the stored tree, so an unchanged tree is not written again", async () => {
    const watch = newWatch();
    const tree = largeTree("Running");
    await ledger.startOrExtendWatch(watch);
    await ledger.claimPoll({ ...claim, key: watch });
    await ledger.recordPoll(pollRecord({ key: watch, tree }));
    const writes: string[] = [];
    const send = async (command: Parameters<typeof dynamo.client.send>[0]) => {
      if (command instanceof UpdateItemCommand) writes.push(JSON.stringify(command.input));
      return dynamo.client.send(command);
    };
    const client = Object.assign(Object.create(dynamo.client) as DynamoDBClient, { send });
    const counted = createDynamoLedger({ client: withLostResponses(client), table: "claims" });
    const second = { poll: 2, messageId: "m-2" };
    expect(await counted.claimPoll({ ...claim, ...second, key: watch })).toMatchObject({ kind: "claimed" });
    writes.length = 0;
    await counted.recordPoll(pollRecord({ ...second, key: watch, tree }));
    expect(writes).toHaveLength(2);
    expect(writes.join()).not.toContain("treeHash");
    expect((await ledger.readWatchDocumentOrNull(watch))?.tree).toEqual(tree);
  });

  it("is refused when the watch was over before the first request", async () => {
    const watch = newWatch();
    await ledger.startOrExtendWatch(watch);
    await ledger.stopWatch(watch, T0, NEVER);
    expect(await lossy.claimPoll({ ...claim, key: watch })).toEqual({ kind: "stale", reason: "over" });
  });
});

describe("the end of a watch whose first response is lost", () => {
  const expiresAt = T0 + 86_400_000;
  const end: { readonly [name: string]: (watch: NewWatch) => Promise<unknown> } = {
    stopWatch: (watch) => lossy.stopWatch(watch, T0, expiresAt),
    endWatchUnlessTargetsAdded: (watch) => lossy.endWatchUnlessTargetsAdded(endOf(watch, expiresAt)),
  };

  it.each(Object.keys(end))("%s lets the data of the caller expire with the watch", async (name) => {
    const watch = newWatch({ callbacks: { "callback:1": "x".repeat(300) } });
    await ledger.startOrExtendWatch(watch);
    await end[name]?.(watch);
    const key = callerDataItemKey(firstGeneration(watch));
    const { Item } = await dynamo.client.send(
      new GetItemCommand({ TableName: "claims", Key: toAttributesWithoutNulls({ ...key }) }),
    );
    expect(Item?.expiresAt).toEqual({ N: String(expiresAt / 1000) });
  });
});

describe("a record of a poll whose first response is lost", () => {
  const claim = { poll: 1, messageId: "m-1", now: T0, leaseMs: LEASE_MS };

  it("stores a large tree", async () => {
    const watch = newWatch();
    const tree = largeTree("Running");
    await ledger.startOrExtendWatch(watch);
    await ledger.claimPoll({ ...claim, key: watch });
    expect(await lossy.recordPoll(pollRecord({ key: watch, tree }))).toBe("recorded");
    expect(await ledger.readWatchDocumentOrNull(watch)).toMatchObject({ tree, watch: { pollDone: true } });
  });

  it("stores no tree if the poll belonged to another message", async () => {
    const watch = newWatch();
    await ledger.startOrExtendWatch(watch);
    await ledger.claimPoll({ ...claim, key: watch, messageId: "m-2" });
    const record = pollRecord({ key: watch, tree: largeTree("Running") });
    expect(await lossy.recordPoll(record)).toBe("superseded");
    expect(await ledger.readWatchDocumentOrNull(watch)).toMatchObject({ tree: null });
    const item = await dynamo.client.send(
      new GetItemCommand({ TableName: "claims", Key: toAttributesWithoutNulls({ ...treeItemKey(watch) }) }),
    );
    expect(item.Item).toBeUndefined();
  });

  it("stores no tree of a watch that does not exist", async () => {
    const record = pollRecord({ key: newWatch(), tree: largeTree("Running") });
    expect(await lossy.recordPoll(record)).toBe("superseded");
  });
});

describe("a claim of a notification whose first response is lost", () => {
  const newClaim = () => ({
    key: { ...newKey(), generation: 0, event: "job.failed", target: "deploys" } as const,
    messageId: "n-1",
    now: T0,
    redelivery: 0,
    leaseMs: LEASE_MS,
    expiresAt: NEVER,
  });

  it("is granted, so that the notification does not wait for the end of its own lease", async () => {
    const claim = newClaim();
    const record = await ledger.readDeliveryOrPendingRecord(claim.key);
    expect(await lossy.claimNotification(claim)).toEqual({ kind: "claimed", record });
  });

  it("excludes all other messages and later deliveries of the same message", async () => {
    const claim = newClaim();
    await lossy.claimNotification(claim);
    expect(await ledger.claimNotification(claim)).toEqual({ kind: "own_lease" });
    expect(await lossy.claimNotification(claim)).toEqual({ kind: "own_lease" });
    expect(await lossy.claimNotification({ ...claim, messageId: "n-2" })).toEqual({ kind: "other_owner" });
  });

  it("is refused when the notification was delivered before", async () => {
    const claim = newClaim();
    await ledger.claimNotification(claim);
    await ledger.recordAttemptIfClaimed({
      ...claim,
      state: "delivered",
      spent: true,
      attempt: attempt({ verdict: "delivered", status: 200 }),
      nextAttemptAt: null,
    });
    expect(await lossy.claimNotification(claim)).toEqual({ kind: "stale" });
  });
});
