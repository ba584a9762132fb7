import {
  BatchWriteItemCommand,
  DeleteItemCommand,
  DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { jest } from "@jest/globals";
import { startAwsEndpoint } from "../../../local/servers/aws-endpoint.ts";
import { createTable, type DynamoServer, startDynamo } from "../../../local/servers/dynamodb.ts";
import { createLateIndex } from "../../../local/servers/late-index.ts";
import type { TableResource } from "../../../local/template/tables.ts";
import { eventually } from "../../support/eventually.ts";

const REGION = "eu-central-1";
const TABLE: TableResource = {
  definition: {
    TableName: "Ledger",
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [
      { AttributeName: "pk", AttributeType: "S" },
      { AttributeName: "dueShard", AttributeType: "S" },
      { AttributeName: "dueAt", AttributeType: "N" },
    ],
    KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
    GlobalSecondaryIndexes: [
      {
        IndexName: "overdue",
        KeySchema: [
          { AttributeName: "dueShard", KeyType: "HASH" },
          { AttributeName: "dueAt", KeyType: "RANGE" },
        ],
        Projection: { ProjectionType: "KEYS_ONLY" },
      },
    ],
  },
  timeToLiveAttribute: null,
};
const TableName = "Ledger";

let server: DynamoServer;
beforeEach(async () => {
  server = await startDynamo(REGION, null);
  await createTable(server.client, TABLE.definition);
});
afterEach(() => server.stop());

/** Starts an endpoint with late indexes in front of the server. */
async function startLate(seed: number) {
  const lateIndex = createLateIndex({ seed, tables: [TABLE], client: server.client });
  await server.createTables(lateIndex.copies);
  const endpoint = await startAwsEndpoint({
    service: "dynamodb",
    upstream: server.url,
    rules: [lateIndex.rule],
  });
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const client = new DynamoDBClient({ endpoint: endpoint.url, region: REGION, credentials });
  return {
    client,
    async stop() {
      client.destroy();
      await endpoint.stop();
      await lateIndex.stop();
    },
  };
}

const itemOf = (pk: string, dueAt: number) => ({
  pk: { S: pk },
  dueShard: { S: "a" },
  dueAt: { N: String(dueAt) },
});

/** Returns the partition keys of the items that the index shows as due before the time. */
async function dueBefore(client: DynamoDBClient, time: number, Limit?: number): Promise<string[]> {
  const { Items = [], Count } = await client.send(
    new QueryCommand({
      TableName,
      IndexName: "overdue",
      KeyConditionExpression: "dueShard = :shard AND dueAt < :time",
      ExpressionAttributeValues: { ":shard": { S: "a" }, ":time": { N: String(time) } },
      ...(Limit !== undefined && { Limit }),
    }),
  );
  expect(Count).toBe(Items.length);
  return Items.map(({ pk }) => pk?.S ?? "");
}

describe("a late index", () => {
  it("returns an item that was moved meanwhile, and later shows where the item was moved", async () => {
    // With this seed, the index shows the first write after 0.8 s and the second write after 4.7 s.
    const { client, stop } = await startLate(28);
    await client.send(new PutItemCommand({ TableName, Item: itemOf("job", 1) }));
    await eventually("the item in the index", async () => (await dueBefore(client, 10)).includes("job"));
    await client.send(
      new UpdateItemCommand({
        TableName,
        Key: { pk: { S: "job" } },
        UpdateExpression: "SET dueAt = :later",
        ExpressionAttributeValues: { ":later": { N: "50" } },
      }),
    );
    const read = await client.send(new ScanCommand({ TableName, ConsistentRead: true }));
    expect(read.Items?.[0]?.dueAt).toEqual({ N: "50" });
    expect(await dueBefore(client, 10)).toContain("job");
    await eventually("the old entry to disappear", async () => (await dueBefore(client, 10)).length === 0);
    expect(await dueBefore(client, 100)).toContain("job");
    await stop();
  });

  it("shows every kind of write after some time", async () => {
    const { client, stop } = await startLate(7);
    await client.send(
      new BatchWriteItemCommand({
        RequestItems: { [TableName]: [1, 2].map((n) => ({ PutRequest: { Item: itemOf(`batch-${n}`, n) } })) },
      }),
    );
    await server.client.send(new PutItemCommand({ TableName, Item: itemOf("not through the endpoint", 3) }));
    const shown = async () => [...new Set(await dueBefore(client, 10))].sort();
    await eventually("both items", async () => (await shown()).join() === "batch-1,batch-2");
    await client.send(new DeleteItemCommand({ TableName, Key: { pk: { S: "batch-1" } } }));
    await client.send(
      new BatchWriteItemCommand({
        RequestItems: { [TableName]: [{ DeleteRequest: { Key: { pk: { S: "batch-2" } } } }] },
      }),
    );
    expect(await shown()).toEqual(["batch-1", "batch-2"]);
    await eventually("no items", async () => (await shown()).length === 0);
    await stop();
  });

  it("returns an item twice, never beyond the limit of the query, and the same for the same seed", async () => {
    const first = await startLate(16);
    await first.client.send(new PutItemCommand({ TableName, Item: itemOf("job", 1) }));
    await eventually("the item in the index", async () => (await dueBefore(first.client, 10)).length > 0);
    await first.stop();
    const counts = async (seed: number, limit?: number) => {
      const { client, stop } = await startLate(seed);
      const found: number[] = [];
      for (let i = 0; i < 40; i += 1) found.push((await dueBefore(client, 10, limit)).length);
      await stop();
      return found;
    };
    const found = await counts(5);
    expect(new Set(found)).toEqual(new Set([1, 2]));
    expect(await counts(5)).toEqual(found);
    expect(await counts(6)).not.toEqual(found);
    expect(new Set(await counts(5, 1))).toEqual(new Set([1]));
  });

  it("delays the writes by random times of at most five seconds, and the same for the same seed", async () => {
    const delaysOf = async (seed: number) => {
      const timers = jest.spyOn(globalThis, "setTimeout");
      const { rule, stop } = createLateIndex({ seed, tables: [TABLE], client: server.client });
      const input = { TableName, Item: itemOf("job", 1) };
      const call = {
        service: "dynamodb",
        operation: "PutItem",
        input,
        accessKeyId: "",
        sessionToken: null,
      } as const;
      const reply = { status: 200, headers: {}, body: Buffer.from("{}") };
      for (let i = 0; i < 50; i += 1) await rule(call, async () => reply);
      stop();
      const delays = timers.mock.calls.map(([, ms = 0]) => ms);
      timers.mockRestore();
      return delays;
    };
    const delays = await delaysOf(1);
    expect(delays).toHaveLength(50);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...delays)).toBeLessThanOrEqual(5000);
    expect(await delaysOf(1)).toEqual(delays);
    expect(await delaysOf(2)).not.toEqual(delays);
  });

  it("does not change queries of the table", async () => {
    const { client, stop } = await startLate(1);
    await client.send(new PutItemCommand({ TableName, Item: itemOf("job", 1) }));
    const query = new QueryCommand({
      TableName,
      KeyConditionExpression: "pk = :pk",
      ExpressionAttributeValues: { ":pk": { S: "job" } },
    });
    for (let i = 0; i < 20; i += 1) expect((await client.send(query)).Count).toBe(1);
    await stop();
  });
});
