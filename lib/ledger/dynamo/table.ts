import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { type Stored, toAttributes } from "./attributes.ts";
import { type Change, namesOf, toUpdate, valuesOf } from "./expression.ts";
import { ITEM_VERSION } from "./item.ts";
import type { ItemKey } from "./keys.ts";

/** The table the ledger generations in. */
export interface LedgerTable {
  readonly client: DynamoDBClient;
  readonly table: string;
}

export type Item = Record<string, AttributeValue>;
export type Written = { readonly kind: "written"; readonly item: Item } | { readonly kind: "refused" };

/** One conditional write. `refused` when the condition did not hold; anything else that goes wrong is thrown. */
export async function change({ client, table }: LedgerTable, wanted: Change): Promise<Written> {
  return unlessRefused(async () => {
    const { Attributes } = await client.send(
      new UpdateItemCommand({
        TableName: table,
        Key: toAttributes({ ...wanted.key }),
        ...toUpdate(wanted),
        ReturnValues: wanted.answer ?? "NONE",
      }),
    );
    return Attributes ?? {};
  });
}

/** Writes an item that must not be there yet. */
export async function create(
  { client, table }: LedgerTable,
  key: ItemKey,
  values: Readonly<Record<string, Stored>>,
): Promise<Written> {
  return unlessRefused(async () => {
    await client.send(
      new PutItemCommand({
        TableName: table,
        Item: toAttributes({ ...key, ...values, v: ITEM_VERSION }),
        ConditionExpression: "attribute_not_exists(pk)",
      }),
    );
    return {};
  });
}

/** A consistent read of one item, or of some attributes of it (written `#name`, with commas between). */
export async function get(
  { client, table }: LedgerTable,
  key: ItemKey,
  attributes?: string,
): Promise<Item | null> {
  const { Item } = await client.send(
    new GetItemCommand({
      TableName: table,
      Key: toAttributes({ ...key }),
      ConsistentRead: true,
      ...(attributes === undefined
        ? {}
        : { ProjectionExpression: attributes, ExpressionAttributeNames: namesOf(attributes) }),
    }),
  );
  return Item ?? null;
}

export interface Wanted {
  readonly where: string;
  readonly values: Readonly<Record<string, Stored>>;
  readonly rest?: Pick<
    QueryCommandInput,
    "IndexName" | "Limit" | "ScanIndexForward" | "ConsistentRead" | "ExclusiveStartKey"
  >;
}

/** One page of a query: as much as DynamoDB gives at once. */
export async function query({ client, table }: LedgerTable, { where, values, rest }: Wanted) {
  return client.send(
    new QueryCommand({
      TableName: table,
      KeyConditionExpression: where,
      ExpressionAttributeNames: namesOf(where),
      ExpressionAttributeValues: valuesOf(values),
      ...rest,
    }),
  );
}

/** A refused condition is an answer; every other error is thrown. */
async function unlessRefused(write: () => Promise<Item>): Promise<Written> {
  try {
    return { kind: "written", item: await write() };
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return { kind: "refused" };
    throw error;
  }
}
