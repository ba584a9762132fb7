import {
  DynamoDBClient,
  GetItemCommand,
  type GetItemCommandOutput,
  type QueryCommandOutput,
} from "@aws-sdk/client-dynamodb";
import {
  endWatchUnlessTargetsAdded,
  getOrCreateOutcome,
  readOutcomeWithoutTree,
  stopWatch,
} from "../../../../lib/ledger/dynamo/end-watch.ts";
import { callerDataItemKey, watchItemKey } from "../../../../lib/ledger/dynamo/keys.ts";
import { startOrExtendWatch } from "../../../../lib/ledger/dynamo/start-or-extend-watch.ts";
import type { NewWatch } from "../../../../lib/ledger/watch-ledger.ts";
import { type EmbeddedDynamo, startDynamo } from "../../../support/dynamodb.ts";
import { createTable } from "../../../support/table.ts";
import { conclusion, endOf, firstGeneration, job, NEVER, newKey, newWatch, T0 } from "../samples.ts";

let dynamo: EmbeddedDynamo;
let client: DynamoDBClient;
let answered: string[][] = [];
let sent: string[] = [];
let queried: unknown[] = [];
/** Runs once, after the next read of an item and before the caller gets the item. */
let whenRead: (() => Promise<unknown>) | null = null;

beforeAll(async () => {
  dynamo = await startDynamo();
  await createTable(dynamo.client, "ledger");
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  client = new DynamoDBClient({ endpoint: dynamo.endpoint, region: "eu-central-1", credentials });
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        sent.push(commandName ?? "");
        const result = await next(args);
        if (commandName === "GetItemCommand")
          answered.push(Object.keys((result.output as GetItemCommandOutput).Item ?? {}).sort());
        if (commandName === "GetItemCommand" && whenRead !== null) {
          const run = whenRead;
          whenRead = null;
          await run();
        }
        if (commandName === "QueryCommand")
          queried.push(...((result.output as QueryCommandOutput).Items ?? []).map(({ sk }) => sk?.S));
        return result;
      },
    { step: "initialize" },
  );
});
beforeEach(() => {
  answered = [];
  sent = [];
  queried = [];
});
afterAll(async () => {
  client.destroy();
  await dynamo.stop();
});

it("reads an outcome without the tree, which can be a thousand times larger", async () => {
  const table = { client, table: "ledger" };
  const key = newKey();
  const stored = { summary: conclusion(key), tree: job({ subJobs: [job()] }), generations: { a: 3 } };
  await getOrCreateOutcome(table, firstGeneration(key), stored, NEVER);
  expect(await readOutcomeWithoutTree(table, firstGeneration(key))).toEqual({
    summary: stored.summary,
    generations: { a: 3 },
  });
  expect(answered).toEqual([["generations", "pk", "summary", "v"]]);
});

it.each(["endWatchUnlessTargetsAdded", "stopWatch"] as const)(
  "%s costs one write if all caller data is in the watch item",
  async (operation) => {
    const table = { client, table: "ledger" };
    const watch = newWatch();
    await startOrExtendWatch(table, watch);
    sent = [];
    if (operation === "stopWatch") await stopWatch(table, watch, T0, NEVER);
    else await endWatchUnlessTargetsAdded(table, endOf(watch));
    expect(sent).toEqual(["UpdateItemCommand"]);
  },
);

it("stopWatch does not make a watch restartable that another call has restarted at the same time", async () => {
  const table = { client, table: "ledger" };
  const watch = newWatch();
  const endAsTimedOut = (acceptedAt: number) =>
    endWatchUnlessTargetsAdded(table, { ...endOf({ ...watch, acceptedAt }), outcome: "timed_out" });
  await startOrExtendWatch(table, watch);
  await endAsTimedOut(T0);
  await stopWatch(table, watch, T0, NEVER);
  const restarted = { ...watch, acceptedAt: T0 + 1 };
  // The other call restarts the watch after the function has read the state.
  whenRead = () => startOrExtendWatch({ client: dynamo.client, table: "ledger" }, restarted);
  expect(await stopWatch(table, watch, T0, NEVER)).toBe("over");
  expect(whenRead).toBeNull();
  await endAsTimedOut(restarted.acceptedAt);
  expect(await startOrExtendWatch(table, restarted)).toMatchObject({ kind: "already_watching" });
});

describe("a target that a caller adds to an ended watch", () => {
  const table = () => ({ client, table: "ledger" });
  const add = (watch: NewWatch, target: string) =>
    startOrExtendWatch(table(), { ...watch, targets: [target] });

  it("costs no write of the outcome if no other watch of the job has the target", async () => {
    const watch = newWatch();
    await startOrExtendWatch(table(), watch);
    await endWatchUnlessTargetsAdded(table(), endOf(watch));
    sent = [];
    expect(await add(watch, "audit")).toMatchObject({ addedTargets: ["audit"], generations: {} });
    expect(sent).toEqual(["PutItemCommand", "GetItemCommand", "QueryCommand", "UpdateItemCommand"]);
  });

  it("gets the generation of the other watch that notified the target, also if the outcome was deleted", async () => {
    const restarted = newWatch({ caller: "token:a", targets: ["shared"] });
    await startOrExtendWatch(table(), restarted);
    await stopWatch(table(), restarted, T0, NEVER);
    await startOrExtendWatch(table(), restarted);
    const watch = { ...restarted, caller: "token:b", targets: ["own"] };
    await startOrExtendWatch(table(), watch);
    for (const each of [restarted, watch]) await endWatchUnlessTargetsAdded(table(), endOf(each));
    queried = [];
    expect(await add(watch, "shared")).toMatchObject({ generations: { shared: 1 } });
    // The job also has items with caller data, which are not read.
    expect(queried).toEqual([restarted, watch].map((each) => watchItemKey(each).sk));
    expect(await readOutcomeWithoutTree(table(), firstGeneration(watch))).toBeNull();
  });
});

it.each(["endWatchUnlessTargetsAdded", "stopWatch"] as const)(
  "%s makes the item with the context and the labels expire together with the watch",
  async (operation) => {
    const table = { client, table: "ledger" };
    const labels = { team: "x".repeat(300) };
    const wanted = newWatch({ ...newKey(), context: { labels }, expiresAt: NEVER });
    await startOrExtendWatch(table, wanted);
    const expiresAt = T0 + 1_000_000;
    if (operation === "stopWatch") await stopWatch(table, wanted, T0, expiresAt);
    else await endWatchUnlessTargetsAdded(table, endOf(wanted, expiresAt));
    for (const key of [watchItemKey(wanted), callerDataItemKey(firstGeneration(wanted))]) {
      const command = new GetItemCommand({
        TableName: "ledger",
        Key: { pk: { S: key.pk }, sk: { S: key.sk } },
      });
      const { Item } = await client.send(command);
      expect(Item?.expiresAt?.N).toBe(String(expiresAt / 1000));
    }
  },
);
