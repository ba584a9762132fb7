import { type DynamoDBClient, GetItemCommand, QueryCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import { countWatchesAndFindOrphaned } from "../../../../lib/ledger/dynamo/audit-watches.ts";
import type { Ledger } from "../../../../lib/ledger/ledger.ts";
import type { NewWatch } from "../../../../lib/ledger/watch-ledger.ts";
import { ANY_TYPE } from "../../../../lib/schedule/duration-counts.ts";
import { type EmbeddedDynamo, startDynamo } from "../../../support/dynamodb.ts";
import { createDynamoLedger } from "../../../support/dynamodb-ledger.ts";
import { createTable } from "../../../support/table.ts";
import {
  AWAKE,
  attempt,
  conclusion,
  firstGeneration,
  job,
  LEASE_MS,
  NEVER,
  newWatch,
  SLOW,
  T0,
} from "../samples.ts";

const CALLERS = ["token:a", "token:b", "token:c"];
const TABLE = "reads";

let dynamo: EmbeddedDynamo;
let ledger: Ledger;
beforeAll(async () => {
  dynamo = await startDynamo();
  await createTable(dynamo.client, TABLE);
  ledger = createDynamoLedger({ client: dynamo.client, table: TABLE });
});
afterAll(() => dynamo.stop());

/** Returns a client that passes each command to `prepare` before it sends the command. */
function preparing(prepare: (command: { readonly input: object }) => void): DynamoDBClient {
  const send = (command: Parameters<DynamoDBClient["send"]>[0]) => {
    prepare(command);
    return dynamo.client.send(command);
  };
  return Object.assign(Object.create(dynamo.client) as DynamoDBClient, { send });
}

/**
 * Opens a watch of three callers with an outcome, notifications and attempts. Returns the watch of the first caller.
 */
async function openWatches(): Promise<NewWatch> {
  const watch = newWatch({ caller: "token:a", targets: ["x", "y", "z"], callbacks: { "callback:1": "e" } });
  for (const caller of CALLERS) await ledger.startOrExtendWatch({ ...watch, caller });
  await ledger.getOrCreateOutcome(
    firstGeneration(watch),
    { summary: conclusion(watch), tree: job(), generations: {} },
    NEVER,
  );
  for (const target of watch.targets) {
    const key = { ...firstGeneration(watch), event: "job.watching", target };
    const notification = { key, redelivery: 0, messageId: "n-1" };
    await ledger.claimNotification({ ...notification, now: T0, leaseMs: LEASE_MS, expiresAt: NEVER });
    const record = { state: "delivered", spent: true, nextAttemptAt: null, attempt: attempt() } as const;
    await ledger.recordAttemptIfClaimed({ ...notification, ...record });
  }
  return watch;
}

describe("a read that DynamoDB returns in pages of one entry", () => {
  let pages = 0;
  const paged = () => {
    pages = 0;
    const client = preparing((command) => {
      if (!(command instanceof QueryCommand || command instanceof ScanCommand)) return;
      Object.assign(command.input, { Limit: 1 });
      pages += 1;
    });
    return { client, table: TABLE };
  };

  it.each<[string, (ledger: Ledger, watch: NewWatch) => Promise<unknown>]>([
    ["readWatchDocumentOrNull", (of, watch) => of.readWatchDocumentOrNull(watch)],
    ["listJobWatchesNewestFirst", (of, watch) => of.listJobWatchesNewestFirst(watch)],
    [
      "countUnfinishedWatchesApproximately",
      (of, { caller }) => of.countUnfinishedWatchesApproximately(caller),
    ],
  ])("contains the entries of all pages: %s", async (_, read) => {
    const watch = await openWatches();
    for (let i = 0; i < 12; i += 1) await ledger.startOrExtendWatch(newWatch({ caller: watch.caller }));
    const expected = await read(ledger, watch);
    expect(await read(createDynamoLedger(paged()), watch)).toEqual(expected);
    expect(pages).toBeGreaterThan(2);
  });

  it("contains the entries of all pages: countWatchesAndFindOrphaned", async () => {
    await openWatches();
    const whole = await countWatchesAndFindOrphaned({ client: dynamo.client, table: TABLE }, T0);
    expect(await countWatchesAndFindOrphaned(paged(), T0)).toEqual(whole);
    expect(pages).toBeGreaterThan(2);
  });
});

describe("a read that decides what the service does", () => {
  const REFUSED = { poll: 1, messageId: "m-2", now: T0, leaseMs: LEASE_MS };
  /** Each case makes one call that reads items, after `startOrExtendWatchesAndCreateDigest`. */
  const CASES: Readonly<Record<string, (of: Ledger, watch: NewWatch) => Promise<unknown>>> = {
    "of an existing watch": (of, watch) => of.startOrExtendWatch(watch),
    "of a watch with large caller data": (of, watch) =>
      of.startOrExtendWatch({ ...watch, context: { labels: { team: "x".repeat(300) } } }),
    "of a refused claim of a poll": (of, watch) => of.claimPoll({ key: watch, ...REFUSED, poll: 0 }),
    "of a refused claim of a notification": (of, watch) =>
      of.claimNotification({
        key: { ...firstGeneration(watch), event: "job.watching", target: "x" },
        ...REFUSED,
        redelivery: 0,
        expiresAt: NEVER,
      }),
    "of a refused redelivery": (of, watch) =>
      of.startRedeliveryIfLatestIs(
        { ...firstGeneration(watch), event: "job.watching", target: "x" },
        5,
        NEVER,
      ),
    "of a delivery": (of, watch) =>
      of.readDeliveryOrPendingRecord({ ...firstGeneration(watch), event: "job.watching", target: "x" }),
    "of a stored outcome": (of, watch) => of.readOutcomeWithoutTree(firstGeneration(watch)),
    "of caller data": (of, watch) => of.readCallerData(firstGeneration(watch)),
    "of a watch": (of, watch) => of.readWatchDocumentOrNull(watch),
    "of the watches of a job": (of, watch) => of.listJobWatchesNewestFirst(watch),
    "of an end with other targets": (of, watch) =>
      of.endWatchUnlessTargetsAdded({
        key: watch,
        acceptedAt: watch.acceptedAt,
        outcome: "failed",
        concludedAt: T0,
        targets: ["x"],
        polledAt: [],
        expiresAt: NEVER,
      }),
    "of a stop of a missing watch": (of) => of.stopWatch(newWatch(), T0, NEVER),
    "of a restart": async (of, watch) => {
      await ledger.stopWatch(watch, T0, NEVER);
      await of.startOrExtendWatch({ ...watch, operation: AWAKE });
    },
    "of an outcome that exists already": (of, watch) =>
      of.getOrCreateOutcome(
        firstGeneration(watch),
        { summary: conclusion(watch), tree: null, generations: {} },
        NEVER,
      ),
    "of a target": (of) => of.readTargetState("x"),
    "of a slow job that is stored already": async (of, watch) => {
      await ledger.getOrCreateSlowRecord(firstGeneration(watch), SLOW, NEVER);
      await of.getOrCreateSlowRecord(firstGeneration(watch), SLOW, NEVER);
    },
    "of a digest": (of) => of.readDigest("d-1"),
    "of the waiting calls": (of) =>
      of.addWaitingCallUnlessTooMany({ caller: "a", until: T0 }, T0, { total: 1, perCaller: 1 }),
  };

  it.each(Object.keys(CASES))("is consistent with all earlier writes: the read %s", async (name) => {
    const watch = await openWatches();
    const reads: unknown[] = [];
    const client = preparing((command) => {
      if (command instanceof GetItemCommand || command instanceof QueryCommand)
        reads.push(command.input.ConsistentRead);
    });
    await CASES[name]?.(createDynamoLedger({ client, table: TABLE }), watch);
    expect(reads.length).toBeGreaterThan(0);
    expect(new Set(reads)).toEqual(new Set([true]));
  });

  it.each<[string, (of: Ledger, watch: NewWatch) => Promise<unknown>]>([
    ["a call only waits for progress", (of, watch) => of.readProgressEventuallyConsistent(watch)],
    ["durations are summed", (of, { project }) => of.readDurationCounts(project, ANY_TYPE)],
  ])("is cheaper and not consistent while %s", async (_, read) => {
    const reads: unknown[] = [];
    const client = preparing((command) => {
      if (command instanceof GetItemCommand) reads.push(command.input.ConsistentRead);
    });
    await read(createDynamoLedger({ client, table: TABLE }), newWatch());
    expect(reads).toEqual([false]);
  });
});
