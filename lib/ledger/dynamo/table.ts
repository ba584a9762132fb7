import "../../domain/zod-fields.ts";
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  type QueryCommandOutput,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import * as z from "zod/mini";
import type { Instant } from "../../domain/job.ts";
import {
  fromAttributes,
  type ItemUpdate,
  placeholderNames,
  placeholderValues,
  type StoredValues,
  toAttributes,
  toUpdateInput,
} from "./expression.ts";
import type { ItemKey } from "./keys.ts";

/** The version of items that the current release writes. Items of earlier versions can be read. */
const ITEM_VERSION = 1;

/** The DynamoDB table of the ledger. */
export interface LedgerTable {
  readonly client: DynamoDBClient;
  readonly table: string;
}

export type Item = Record<string, AttributeValue>;

/** The error for an item that a later release wrote. The current release cannot read the item. */
export class NewerItemError extends Error {
  override readonly name = "NewerItemError";
}

/**
 * Updates one item, or creates the item when the item is absent. Returns the attributes that `returnValues` selects.
 * Returns null when the condition is false.
 */
export async function updateItem({ client, table }: LedgerTable, update: ItemUpdate): Promise<Item | null> {
  const setIfAbsent = { ...update.setIfAbsent, v: ITEM_VERSION };
  const command = new UpdateItemCommand({
    TableName: table,
    Key: toAttributes({ ...update.key }),
    ...toUpdateInput({ ...update, setIfAbsent }),
    ReturnValues: update.returnValues ?? "NONE",
  });
  const written = await nullIfRefused(client.send(command));
  return written === null ? null : (written.Attributes ?? {});
}

/** Creates one item. Returns false when the item exists already. */
export async function createItem(
  { client, table }: LedgerTable,
  key: ItemKey,
  values: StoredValues,
): Promise<boolean> {
  const command = new PutItemCommand({
    TableName: table,
    Item: toAttributes({ ...key, ...values, v: ITEM_VERSION }),
    ConditionExpression: "attribute_not_exists(pk)",
  });
  return (await nullIfRefused(client.send(command))) !== null;
}

/** Reads the attributes of one item consistently. Returns null when the item is absent. */
export async function getItem(
  { client, table }: LedgerTable,
  key: ItemKey,
  attributes?: readonly string[],
): Promise<Item | null> {
  const names = attributes?.map((attribute) => `#${attribute}`).join(", ");
  const { Item } = await client.send(
    new GetItemCommand({
      TableName: table,
      Key: toAttributes({ ...key }),
      ConsistentRead: true,
      ProjectionExpression: names,
      ExpressionAttributeNames: names === undefined ? undefined : placeholderNames(names),
    }),
  );
  return Item ?? null;
}

/** Reads and parses one item. Returns null when the item is absent. */
export async function readItem<T>(
  table: LedgerTable,
  schema: z.ZodMiniType<T>,
  key: ItemKey,
): Promise<T | null> {
  const item = await getItem(table, key);
  return item === null ? null : parseItem(schema, item);
}

/** Returns one page of the results of a query. */
export async function queryPage(
  { client, table }: LedgerTable,
  condition: string,
  values: StoredValues,
  options: Pick<
    QueryCommandInput,
    "IndexName" | "Limit" | "ScanIndexForward" | "ConsistentRead" | "ExclusiveStartKey"
  > = {},
): Promise<QueryCommandOutput> {
  return client.send(
    new QueryCommand({
      TableName: table,
      KeyConditionExpression: condition,
      ExpressionAttributeNames: placeholderNames(condition),
      ExpressionAttributeValues: placeholderValues(values),
      ...options,
    }),
  );
}

const Version = z.object({ v: z.int() });

/**
 * Returns an item, validated with a schema.
 * @throws NewerItemError when a later release wrote the item.
 * @throws ZodError when the item does not match the schema. The error contains field names but no values.
 */
export function parseItem<T>(schema: z.ZodMiniType<T>, item: Item): T {
  const values = fromAttributes(item);
  const { v } = Version.parse(values);
  if (v > ITEM_VERSION) {
    throw new NewerItemError(`The ledger item has version ${v}. This release reads version ${ITEM_VERSION}.`);
  }
  return schema.parse(values);
}

/** Returns an instant in whole seconds since 1970, rounded up. DynamoDB needs the expiry time of an item in seconds. */
export function toEpochSeconds(instant: Instant): number {
  return Math.ceil(instant / 1000);
}

/** Returns the result of a write. Returns null when the condition of the write was false. */
async function nullIfRefused<T>(write: Promise<T>): Promise<T | null> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return null;
    throw error;
  }
}
