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
  attributeNames,
  attributeValues,
  fromAttributes,
  type ItemUpdate,
  type StoredValues,
  toAttributes,
  toUpdateInput,
} from "./expression.ts";
import type { ItemKey } from "./keys.ts";

/** The version of all items that this release writes. It reads this version and all earlier ones. */
const ITEM_VERSION = 1;

/** The DynamoDB table of the ledger. */
export interface LedgerTable {
  readonly client: DynamoDBClient;
  readonly table: string;
}

export type Item = Record<string, AttributeValue>;

/** A later release wrote an item. This release cannot know what the item means. */
export class NewerItemError extends Error {
  override readonly name = "NewerItemError";
}

/**
 * Updates one item. Creates the item when it is absent. Returns the attributes that `returnValues` asks for, or null when
 * the condition does not hold.
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

/** Creates one item. Returns false when the item exists. */
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

/** Reads one item consistently. Returns null when the item is absent. */
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
      ExpressionAttributeNames: names === undefined ? undefined : attributeNames(names),
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

/** Reads one page of a query. */
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
      ExpressionAttributeNames: attributeNames(condition),
      ExpressionAttributeValues: attributeValues(values),
      ...options,
    }),
  );
}

const Version = z.object({ v: z.int() });

/**
 * Parses an item.
 * @throws NewerItemError when a later release wrote the item. The error of zod names fields but no values.
 */
export function parseItem<T>(schema: z.ZodMiniType<T>, item: Item): T {
  const values = fromAttributes(item);
  const { v } = Version.parse(values);
  if (v > ITEM_VERSION) {
    throw new NewerItemError(`The ledger item has version ${v}. This release reads version ${ITEM_VERSION}.`);
  }
  return schema.parse(values);
}

/** DynamoDB counts the time to live of an item in whole seconds since 1970. */
export function toEpochSeconds(instant: Instant): number {
  return Math.ceil(instant / 1000);
}

/** Returns null when the condition of a write did not hold. */
async function nullIfRefused<T>(write: Promise<T>): Promise<T | null> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return null;
    throw error;
  }
}
