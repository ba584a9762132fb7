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

/**
 * The format version of the items that the current release writes. The current release can also read items of earlier
 * format versions.
 */
const ITEM_VERSION = 1;

/** The DynamoDB table of the ledger. */
export interface LedgerTable {
  readonly client: DynamoDBClient;
  readonly table: string;
}

export type Item = Record<string, AttributeValue>;

/** The error for an item that a later release wrote. The current release cannot read an item of a later release. */
export class NewerItemError extends Error {
  override readonly name = "NewerItemError";
}

/**
 * Updates one item, or creates the item if the item does not exist. Returns the attributes that `returnValues` selects.
 * Returns null if the condition of the update is false.
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

/** Creates one item. Returns false if the item exists already. */
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

/** Returns the attributes of one item from a consistent read. Returns null if the item does not exist. */
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

/** Reads one item and validates the item with a schema. Returns null if the item does not exist. */
export async function readItem<T>(
  table: LedgerTable,
  schema: z.ZodMiniType<T>,
  key: ItemKey,
): Promise<T | null> {
  const item = await getItem(table, key);
  return item === null ? null : parseItem(schema, item);
}

/** Returns one page of the results of a query to DynamoDB. */
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
 * Validates an item with a schema and returns the item.
 * @throws NewerItemError if a later release wrote the item.
 * @throws ZodError if the item does not match the schema. The error message contains field names but no values.
 */
export function parseItem<T>(schema: z.ZodMiniType<T>, item: Item): T {
  const values = fromAttributes(item);
  const { v } = Version.parse(values);
  if (v > ITEM_VERSION) {
    throw new NewerItemError(`The ledger item has version ${v}. This release reads version ${ITEM_VERSION}.`);
  }
  return schema.parse(values);
}

/** Converts a time to whole seconds since 1970, rounded up. DynamoDB needs the expiry time of an item in seconds. */
export function toEpochSeconds(instant: Instant): number {
  return Math.ceil(instant / 1000);
}

/** Returns the result of a write to DynamoDB. Returns null if the condition of the write was false. */
async function nullIfRefused<T>(write: Promise<T>): Promise<T | null> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return null;
    throw error;
  }
}
