import { type DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { readCallerData } from "../../../../lib/ledger/dynamo/caller-data.ts";
import { type StoredValues, toAttributesWithoutNulls } from "../../../../lib/ledger/dynamo/expression.ts";
import { callerDataItemKey, watchItemKey } from "../../../../lib/ledger/dynamo/keys.ts";
import { firstGeneration, newKey, T0 } from "../samples.ts";

const key = firstGeneration(newKey());
const WATCH = {
  v: 1,
  state: "watching",
  generation: 0,
  poll: 0,
  pollDone: true,
  acceptedAt: T0,
  deadlineAt: T0,
};
const SMALL = { context: JSON.stringify({ actor: "jane" }), "callback=callback:1": "encrypted-1" };
const LATER = { v: 1, context: JSON.stringify({ actor: "late" }), "callback=callback:2": "encrypted-2" };

const NOTHING = { context: {}, callbacks: {} };
const JANE = { context: { actor: "jane" }, callbacks: { "callback:1": "encrypted-1" } };

it.each<[string, StoredValues, StoredValues | null, object, number]>([
  ["in the watch item", { ...WATCH, ...SMALL }, null, JANE, 1],
  ["in an item of its own", { ...WATCH, hasCallerItem: true }, { v: 1, ...SMALL }, JANE, 2],
  [
    "of two calls in both items, with the context of the first call",
    { ...WATCH, ...SMALL, hasCallerItem: true },
    LATER,
    { ...JANE, callbacks: { ...JANE.callbacks, "callback:2": "encrypted-2" } },
    2,
  ],
  ["of an earlier generation", { ...WATCH, ...LATER, generation: 1 }, { v: 1, ...SMALL }, JANE, 2],
  ["of an earlier generation that was deleted", { ...WATCH, ...SMALL, generation: 1 }, null, NOTHING, 2],
])("caller data is read %s", async (_, watchItem, callerItem, expected, reads) => {
  const items = [
    { ...watchItemKey(key), ...watchItem },
    ...(callerItem === null ? [] : [{ ...callerDataItemKey(key), ...callerItem }]),
  ].map(toAttributesWithoutNulls);
  const read: object[] = [];
  const send = async (command: object) => {
    if (!(command instanceof GetItemCommand)) throw new Error("unexpected command");
    read.push(command);
    return { Item: items.find(({ sk }) => sk?.S === command.input.Key?.sk?.S) };
  };
  const table = { client: { send } as unknown as DynamoDBClient, table: "ledger" };
  expect(await readCallerData(table, key)).toEqual(expected);
  expect(read).toHaveLength(reads);
});
