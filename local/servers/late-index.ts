import {
  type AttributeValue,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import * as z from "zod";
import { parseJsonOrUndefined } from "../../lib/domain/json.ts";
import { createRandomSource } from "../random-source.ts";
import type { TableResource } from "../template/tables.ts";
import type { AwsCall, AwsRule } from "./aws-endpoint.ts";
import { type AwsReply, changeReply } from "./aws-reply.ts";

/**
 * The longest delay, in milliseconds, until a simulated index shows a write. AWS guarantees no maximum delay for an
 * index.
 */
const MAX_LAG_MS = 5_000;
const REPEAT_PROBABILITY = 0.2;

const Item = z.custom<Record<string, AttributeValue>>((value) => typeof value === "object" && value !== null);
type Item = z.infer<typeof Item>;
const Write = z.object({ TableName: z.string(), Item: Item.optional(), Key: Item.optional() });
const Request = z.object({
  PutRequest: z.object({ Item }).optional(),
  DeleteRequest: z.object({ Key: Item }).optional(),
});
const BatchWrite = z.object({ RequestItems: z.record(z.string(), z.array(Request)) });
const IndexRead = z.object({
  TableName: z.string(),
  IndexName: z.string().optional(),
  Limit: z.int().optional(),
});
const Page = z.looseObject({ Items: z.array(Item).default([]), Count: z.int(), ScannedCount: z.int() });

interface LateIndex {
  /**
   * For each table, a second table that contains delayed copies of the items. The caller must create the second tables
   * before the first call of the rule.
   */
  readonly copies: readonly TableResource[];
  readonly rule: AwsRule;
  /** Starts no further copy, and waits until the running copies have ended. */
  stop(): Promise<void>;
}

/**
 * On AWS, a global secondary index shows a write later than its table. The rule simulates this delay: it copies each
 * write to a second table after a random time of up to five seconds. The rule uses the second tables to answer index
 * requests. Some pages of a query result contain an item twice, as on AWS.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html
 * @param options.seed the random seed. With the same seed and the same calls, two runs have the same delays and repeat
 * the same items.
 * @param options.client a client that calls the DynamoDB server directly, without the rule
 */
export function createLateIndex(options: {
  seed: number;
  tables: readonly TableResource[];
  client: DynamoDBClient;
}): LateIndex {
  const { seed, tables, client } = options;
  // The delays and the repeated items use separate random generators, so index queries do not change the delays.
  const [delays, repeats] = [createRandomSource(seed), createRandomSource(seed + 1)];
  const keyNames = new Map(
    tables.map(({ definition: { TableName, KeySchema } }) => [
      TableName,
      KeySchema.map(({ AttributeName }) => AttributeName),
    ]),
  );
  const timers = new Set<NodeJS.Timeout>();
  const running = new Set<Promise<void>>();

  async function copyItem(TableName: string, Key: Item): Promise<void> {
    const found = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
    const copy = { TableName: copyOf(TableName) };
    if (found.Item === undefined) await client.send(new DeleteItemCommand({ ...copy, Key }));
    else await client.send(new PutItemCommand({ ...copy, Item: found.Item }));
  }

  function copyLater({ TableName, Item: item, Key = item ?? {} }: z.infer<typeof Write>): void {
    const names = keyNames.get(TableName);
    if (names === undefined) return;
    const key = Object.fromEntries(Object.entries(Key).filter(([name]) => names.includes(name)));
    const timer = setTimeout(() => {
      timers.delete(timer);
      // The error is ignored: a copy fails only after the database server has stopped.
      const copied = copyItem(TableName, key).catch(() => {});
      running.add(copied);
      void copied.then(() => running.delete(copied));
    }, delays.next() * MAX_LAG_MS);
    timers.add(timer);
  }

  function repeatItem(reply: AwsReply, limit: number): AwsReply {
    if (reply.status !== 200 || !repeats.happens(REPEAT_PROBABILITY)) return reply;
    const page = Page.parse(parseJsonOrUndefined(reply.body.toString()));
    const index = repeats.between(0, page.Items.length - 1);
    const Items = page.Items.toSpliced(index, 0, ...page.Items.slice(index, index + 1));
    if (Items.length > limit) return reply;
    return changeReply(reply, { ...page, Items, Count: Items.length });
  }

  return {
    copies: tables.map(({ definition, ...table }) => ({
      ...table,
      definition: { ...definition, TableName: copyOf(definition.TableName) },
    })),
    async rule(call, next) {
      if (call.operation === "Query" || call.operation === "Scan") {
        const { TableName, IndexName, Limit = Number.POSITIVE_INFINITY } = IndexRead.parse(call.input);
        if (IndexName === undefined || !keyNames.has(TableName)) return next();
        return repeatItem(await next({ ...call.input, TableName: copyOf(TableName) }), Limit);
      }
      const reply = await next();
      if (reply.status === 200) writesOf(call).forEach(copyLater);
      return reply;
    },
    async stop() {
      timers.forEach(clearTimeout);
      await Promise.all(running);
    },
  };
}

const copyOf = (tableName: string): string => `${tableName}-late-index`;

/** Returns the writes in one call of DynamoDB. */
function writesOf({ operation, input }: AwsCall): readonly z.infer<typeof Write>[] {
  switch (operation) {
    case "PutItem":
    case "UpdateItem":
    case "DeleteItem":
      return [Write.parse(input)];
    case "BatchWriteItem":
      return Object.entries(BatchWrite.parse(input).RequestItems).flatMap(([TableName, requests]) =>
        requests.map(({ PutRequest, DeleteRequest }) => ({ TableName, ...PutRequest, ...DeleteRequest })),
      );
    default:
      return [];
  }
}
