import { QueryCommand } from "@aws-sdk/client-dynamodb";
import { addDuration, readDurations } from "../../../../lib/ledger/dynamo/durations.ts";
import { type EmbeddedDynamo, startDynamo } from "../../../support/dynamodb.ts";
import { createTable } from "../../../support/table.ts";

let dynamo: EmbeddedDynamo;
beforeAll(async () => {
  dynamo = await startDynamo();
  await createTable(dynamo.client, "ledger");
});
afterAll(() => dynamo.stop());

describe("durations on DynamoDB", () => {
  it("lie in an item for each epoch, with an end of its own and an attribute for each bucket", async () => {
    const table = { client: dynamo.client, table: "ledger" };
    const entry = { project: "prod", jobType: "CreateNode", expiresAt: 1_900_000_000_500 };
    for (const [epoch, bucket] of [
      [2951, 7],
      [2951, 7],
      [2951, 90],
      [2952, 7],
    ] as const)
      await addDuration(table, { ...entry, epoch, bucket });
    const { Items = [] } = await dynamo.client.send(
      new QueryCommand({
        TableName: "ledger",
        KeyConditionExpression: "pk = :pk",
        ExpressionAttributeValues: { ":pk": { S: "D#prod#CreateNode" } },
      }),
    );
    expect(Items.map(({ sk, b7, b90, expiresAt }) => [sk?.S, b7?.N, b90?.N, expiresAt?.N])).toEqual([
      ["epoch#2951", "2", "1", "1900000001"],
      ["epoch#2952", "1", undefined, "1900000001"],
    ]);
    expect(await readDurations(table, "prod", "CreateNode")).toHaveLength(3);
  });
});
