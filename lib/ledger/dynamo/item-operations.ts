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
import { type Ledger, NewerItemError } from "../ledger.ts";
import {
  fromAttributes,
  type ItemUpdate,
  placeholderNames,
  placeholderValues,
  type StoredValues,
  toAttributesWithoutNulls,
  toUpdateInput,
} from "./expression.ts";
import type { ItemKey } from "./keys.ts";

/**
 * The current version of each kind of item. The first letter of an item's partition key determines the kind of the
 * item. If a release changes the format of one kind of item, the release raises only the version of this kind. After a
 * rollback, the earlier release can still use all other kinds of items. The code also reads items that an earlier
 * release wrote.
 */
const ITEM_VERSIONS: Readonly<Record<string, number>> = { W: 1, T: 1, G: 1, D: 1, L: 1 };

export interface LedgerTable {
  readonly client: DynamoDBClient;
  readonly table: string;
  /**
   * The milliseconds between two runs of the sweep function. Runs start at multiples of `sweepIntervalMs`. Without
   * `sweepIntervalMs`, a run may start at any time.
   */
  readonly sweepIntervalMs?: number;
}

export type Item = Record<string, AttributeValue>;

/**
 * Updates or creates one item. Returns the attributes that `returnValues` requests. If the condition is false, nothing
 * changes, and the result is null. The function never changes an item of a later release.
 * @throws NewerItemError if the update has no condition and a later release wrote the item
 */
export async function upsertItem({ client, table }: LedgerTable, update: ItemUpdate): Promise<Item | null> {
  const { condition } = update;
  const version = findItemVersion(update.key.pk);
  const isReadable = "(attribute_not_exists(#v) OR #v <= :itemVersion)";
  // The embedded DynamoDB evaluates parentheses slowly, so the code omits them where possible.
  const wanted = condition?.includes(" OR ") ? `(${condition})` : condition;
  const command = new UpdateItemCommand({
    TableName: table,
    Key: toAttributesWithoutNulls({ ...update.key }),
    ...toUpdateInput({
      ...update,
      set: { ...update.set, v: version },
      condition: wanted === undefined ? isReadable : `${isReadable} AND ${wanted}`,
      values: { ...update.values, itemVersion: version },
    }),
    ReturnValues: update.returnValues ?? "NONE",
  });
  const written = await nullIfRefused(client.send(command));
  if (written === null && condition === undefined) throw new NewerItemError(version);
  return written === null ? null : (written.Attributes ?? {});
}

/** Creates an item and returns true. If the item exists, changes nothing and returns false. */
export async function createItemIfAbsent(
  { client, table }: LedgerTable,
  key: ItemKey,
  values: StoredValues,
): Promise<boolean> {
  const command = new PutItemCommand({
    TableName: table,
    Item: toAttributesWithoutNulls({ ...key, ...values, v: findItemVersion(key.pk) }),
    ConditionExpression: "attribute_not_exists(pk)",
  });
  return (await nullIfRefused(client.send(command))) !== null;
}

/**
 * Reads an item. If the item does not exist, the result is null.
 * @param ConsistentRead false for a cheaper read that may miss the latest writes
 */
export async function readRawItem(
  { client, table }: LedgerTable,
  key: ItemKey,
  attributes?: readonly string[],
  ConsistentRead = true,
): Promise<Item | null> {
  const names = attributes?.map((attribute) => `#${attribute}`).join(", ");
  const { Item } = await client.send(
    new GetItemCommand({
      TableName: table,
      Key: toAttributesWithoutNulls({ ...key }),
      ConsistentRead,
      ProjectionExpression: names,
      ExpressionAttributeNames: names === undefined ? undefined : placeholderNames(names),
    }),
  );
  return Item ?? null;
}

/** Reads an item and checks it with a schema. If the item does not exist, the result is null. */
export async function readItemAndParseOrThrow<T>(
  table: LedgerTable,
  schema: z.ZodMiniType<T>,
  key: ItemKey,
): Promise<T | null> {
  const item = await readRawItem(table, key);
  return item === null ? null : parseItemOrThrow(schema, item);
}

/**
 * Returns one page of a query.
 * @param filter a condition for the returned items. DynamoDB bills all entries that it reads, including those that the
 * filter removes.
 */
export async function queryPage(
  { client, table }: LedgerTable,
  condition: string,
  values: StoredValues,
  options: Pick<
    QueryCommandInput,
    "IndexName" | "Limit" | "ScanIndexForward" | "ConsistentRead" | "ExclusiveStartKey" | "Select"
  > = {},
  filter?: string,
): Promise<QueryCommandOutput> {
  return client.send(
    new QueryCommand({
      TableName: table,
      KeyConditionExpression: condition,
      FilterExpression: filter,
      ExpressionAttributeNames: placeholderNames(`${condition} ${filter ?? ""}`),
      ExpressionAttributeValues: placeholderValues(values),
      ...options,
    }),
  );
}

/** Returns the current version of the kind of item to which the partition key belongs. */
function findItemVersion(partition: string): number {
  const version = ITEM_VERSIONS[partition.charAt(0)];
  if (version === undefined) throw new Error("The partition key has an unknown first letter.");
  return version;
}

const Version = z.lazy(() => z.object({ pk: z.string(), v: z.int() }));

/**
 * Checks an item with a schema.
 * @throws NewerItemError if a later release wrote the item.
 * @throws ZodError if the item does not match the schema. The message of the error contains field names and no values.
 */
export function parseItemOrThrow<T>(schema: z.ZodMiniType<T>, item: Item): T {
  const values = fromAttributes(item);
  const { pk, v } = Version.parse(values);
  const version = findItemVersion(pk);
  if (v > version) throw new NewerItemError(version);
  return schema.parse(values);
}

/** Converts a time to seconds since 1970, rounded up. DynamoDB needs expiry times in seconds. */
export function ceilToEpochSeconds(instant: Instant): number {
  return Math.ceil(instant / 1000);
}

/** Returns the result of a conditional write to DynamoDB. If the condition was false, the result is null. */
async function nullIfRefused<T>(write: Promise<T>): Promise<T | null> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return null;
    throw error;
  }
}

/** A ledger operation with the DynamoDB table as its first parameter. */
export type LedgerOperation<Name extends keyof Ledger> = (
  table: LedgerTable,
  ...rest: Parameters<Ledger[Name]>
) => ReturnType<Ledger[Name]>;

/**
 * Binds ledger operations to a table. A Lambda function passes only the operations that it needs, so that its code
 * package stays small.
 */
export function bindToTable<Name extends keyof Ledger>(
  table: LedgerTable,
  operations: Pick<{ readonly [Each in keyof Ledger]: LedgerOperation<Each> }, Name>,
): Pick<Ledger, Name> {
  const bound = Object.entries<(table: LedgerTable, ...rest: never[]) => unknown>(operations).map(
    ([name, operation]) => [name, (...rest: never[]) => operation(table, ...rest)],
  );
  return Object.fromEntries(bound) as Pick<Ledger, Name>;
}
