import { DynamoDBClient, type GetItemCommandOutput } from "@aws-sdk/client-dynamodb";
import { readOutcome, saveOutcomeOnce } from "../../../../lib/ledger/dynamo/end-watch.ts";
import { type EmbeddedDynamo, startDynamo } from "../../../support/dynamodb.ts";
import { createTable } from "../../../support/table.ts";
import { conclusion, firstGeneration, job, NEVER, newKey } from "../samples.ts";

let dynamo: EmbeddedDynamo;
let client: DynamoDBClient;
const answered: string[][] = [];

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
afterAll(async () => {
  client.destroy();
  await dynamo.stop();
});

it("reads an outcome without the tree, which can be a thousand times larger", async () => {
  const table = { client, table: "ledger" };
  const key = newKey();
  const stored = { summary: conclusion(key), tree: job({ subJobs: [job()] }), generations: { a: 3 } };
  await saveOutcomeOnce(table, firstGeneration(key), stored, NEVER);
  expect(await readOutcome(table, firstGeneration(key))).toEqual({
    summary: stored.summary,
    generations: { a: 3 },
  });
  expect(answered).toEqual([["generations", "pk", "summary", "v"]]);
});
