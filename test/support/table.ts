import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DeleteTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  ResourceNotFoundException,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";

/** The table of the ledger, as in serverless.yml. */
export const TABLE_DEFINITION = {
  AttributeDefinitions: [
    { AttributeName: "pk", AttributeType: "S" },
    { AttributeName: "sk", AttributeType: "S" },
    { AttributeName: "dueShard", AttributeType: "N" },
    { AttributeName: "dueOrder", AttributeType: "N" },
    { AttributeName: "project", AttributeType: "S" },
    { AttributeName: "acceptedAt", AttributeType: "N" },
  ],
  KeySchema: [
    { AttributeName: "pk", KeyType: "HASH" },
    { AttributeName: "sk", KeyType: "RANGE" },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: "overdue",
      KeySchema: [
        { AttributeName: "dueShard", KeyType: "HASH" },
        { AttributeName: "dueOrder", KeyType: "RANGE" },
      ],
      Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: ["dueAt"] },
    },
    {
      IndexName: "recent",
      KeySchema: [
        { AttributeName: "project", KeyType: "HASH" },
        { AttributeName: "acceptedAt", KeyType: "RANGE" },
      ],
      Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: ["state"] },
    },
  ],
  BillingMode: "PAY_PER_REQUEST",
} satisfies Omit<CreateTableCommandInput, "TableName">;

/**
 * Creates the table of the ledger and waits until the table can be used. An existing table is deleted first, because a
 * server that the tests did not start may have the table of an earlier test.
 */
export async function createTable(client: DynamoDBClient, table: string): Promise<void> {
  await client.send(new DeleteTableCommand({ TableName: table })).catch(ignoreMissingTable);
  while ((await readStatus(client, table)) !== null);
  await client.send(new CreateTableCommand({ TableName: table, ...TABLE_DEFINITION }));
  while ((await readStatus(client, table)) !== "ACTIVE");
  // The embedded DynamoDB does not support the time to live.
  if (process.env.DYNAMODB_ENDPOINT)
    await client.send(
      new UpdateTimeToLiveCommand({
        TableName: table,
        TimeToLiveSpecification: { AttributeName: "expiresAt", Enabled: true },
      }),
    );
}

/** Returns the status of a table, or null if the server has no table of this name. */
async function readStatus(client: DynamoDBClient, table: string): Promise<string | null> {
  const answer = await client.send(new DescribeTableCommand({ TableName: table })).catch(ignoreMissingTable);
  return answer?.Table?.TableStatus ?? null;
}

function ignoreMissingTable(error: unknown): null {
  if (error instanceof ResourceNotFoundException) return null;
  throw error;
}
