import { DynamoDBClient, GetItemCommand, type GetItemCommandOutput } from "@aws-sdk/client-dynamodb";
import {
  endWatchUnlessTargetsAdded,
  getOrCreateOutcome,
  readOutcomeWithoutTree,
  stopWatch,
} from "../../../../lib/ledger/dynamo/end-watch.ts";
import { callerDataItemKey, watchItemKey } from "../../../../lib/ledger/dynamo/keys.ts";
import { startOrExtendWatch } from "../../../../lib/ledger/dynamo/start-or-extend-watch.ts";
import { type EmbeddedDynamo, startDynamo } from "../../../support/dynamodb.ts";
import { createTable } from "../../../support/table.ts";
import { conclusion, firstGeneration, job, NEVER, newKey, newWatch, T0 } from "../samples.ts";

let dynamo: EmbeddedDynamo;
let client: DynamoDBClient;
let answered: string[][] = [];

beforeAll(async () => {
  dynamo = await startDynamo();
  await createTable(dynamo.client, "ledger");
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  client = new DynamoDBClient({ endpoint: dynamo.endpoint, region: "eu-central-1", credentials });
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const result = await next(args);
        if (commandName === "GetItemCommand")
          answered.push(Object.keys((result.output as GetItemCommandOutput).Item ?? {}).sort());
        return result;
      },
    { step: "initialize" },
  );
});
beforeEach(() => {
  answered = [];
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
  "%s makes the item with the context and the labels expire together with the watch",
  async (operation) => {
    const table = { client, table: "ledger" };
    const labels = { team: "x".repeat(300) };
    const wanted = newWatch({ ...newKey(), context: { labels }, expiresAt: NEVER });
    await startOrExtendWatch(table, wanted);
    const expiresAt = T0 + 1_000_000;
    if (operation === "stopWatch") await stopWatch(table, wanted, T0, expiresAt);
    else
      await endWatchUnlessTargetsAdded(table, {
        key: wanted,
        acceptedAt: wanted.acceptedAt,
        outcome: "succeeded",
        concludedAt: T0,
        targets: wanted.targets,
        polledAt: [],
        expiresAt,
      });
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
