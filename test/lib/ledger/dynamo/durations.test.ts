import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  QueryCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import {
  addDuration,
  addLatestDurations,
  readDurationCounts,
} from "../../../../lib/ledger/dynamo/durations.ts";
import { type EmbeddedDynamo, startDynamo } from "../../../support/dynamodb.ts";
import { createTable } from "../../../support/table.ts";
import { newKey } from "../samples.ts";

let dynamo: EmbeddedDynamo;
beforeAll(async () => {
  dynamo = await startDynamo();
  await createTable(dynamo.client, "ledger");
});
afterAll(() => dynamo.stop());

describe("durations on DynamoDB", () => {
  it("cost one write per job, and one more for the first job of a type in a week", async () => {
    let writes = 0;
    const send = async (command: UpdateItemCommand) => {
      writes += 1;
      return dynamo.client.send(command);
    };
    const client = Object.assign(Object.create(dynamo.client) as DynamoDBClient, { send });
    const { project } = newKey();
    const entry = { project, jobType: "CreateNode", bucket: 7, expiresAt: 1_900_000_000_500 };
    const counted = [];
    for (const day of [20_657, 20_657, 20_663, 20_664, 20_664]) {
      await addDuration({ client, table: "ledger" }, { ...entry, day });
      counted.push(writes);
    }
    expect(counted).toEqual([2, 3, 4, 6, 7]);
  });

  it("are stored in one item per week, with one attribute per day and bucket", async () => {
    const table = { client: dynamo.client, table: "ledger" };
    const { project } = newKey();
    const entry = { project, jobType: "CreateNode", expiresAt: 1_900_000_000_500 };
    const ended = [
      { day: 20_657, bucket: 7 },
      { day: 20_657, bucket: 7 },
      { day: 20_663, bucket: 90 },
      { day: 20_664, bucket: 7 },
    ];
    for (const job of ended) await addDuration(table, { ...entry, ...job });
    const { Items = [] } = await dynamo.client.send(
      new QueryCommand({
        TableName: "ledger",
        KeyConditionExpression: "pk = :pk",
        ExpressionAttributeValues: { ":pk": { S: `D#${project}#CreateNode` } },
      }),
    );
    expect(Items.map(({ sk, d0b7, d6b90, expiresAt }) => [sk?.S, d0b7?.N, d6b90?.N, expiresAt?.N])).toEqual([
      ["week#2951", "2", "1", "1900000001"],
      ["week#2952", "1", undefined, "1900000001"],
    ]);
    expect(await readDurationCounts(table, project, "CreateNode")).toEqual([
      { day: 20_657, bucket: 7, count: 2 },
      { day: 20_663, bucket: 90, count: 1 },
      { day: 20_664, bucket: 7, count: 1 },
    ]);
  });
});

test("the latest durations are not changed if other calls change them during 50 tries", async () => {
  let writes = 0;
  const send = async (command: object) => {
    if (!(command instanceof UpdateItemCommand)) return {};
    writes += 1;
    if (writes > 60) throw new Error("The function does not stop.");
    throw new ConditionalCheckFailedException({ message: "refused", $metadata: {} });
  };
  const table = { client: { send } as unknown as DynamoDBClient, table: "ledger" };
  const ended = { job: null, subJobs: {} };
  await expect(addLatestDurations(table, "prod", "CreateNode", ended, 1_900_000_000_500)).rejects.toThrow(
    "Other jobs have changed the latest durations again and again.",
  );
  expect(writes).toBe(50);
});
