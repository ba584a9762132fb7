import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { mockClient } from "aws-sdk-client-mock";
import { toAttributesWithoutNulls } from "../../../../lib/ledger/dynamo/expression.ts";
import { reserveRequestTime } from "../../../../lib/ledger/dynamo/targets-and-rate-limits.ts";
import { addWaitingCallUnlessTooMany, WAITING_LIMITS } from "../../../../lib/ledger/dynamo/waiting-calls.ts";
import { T0 } from "../samples.ts";

// No server of DynamoDB refuses every write at the request of a test.
const dynamo = mockClient(DynamoDBClient);
const table = { client: new DynamoDBClient({ region: "eu-central-1" }), table: "ledger" };
const refused = new ConditionalCheckFailedException({ message: "refused", $metadata: {} });

beforeEach(() => dynamo.reset());

test("a request time is not reserved if other calls change the rate limit during six tries", async () => {
  dynamo.on(UpdateItemCommand).rejects(refused);
  await expect(reserveRequestTime(table, "slack", T0, 1000)).rejects.toThrow("all 6 tries");
  expect(dynamo.commandCalls(UpdateItemCommand)).toHaveLength(12);
});

test("a request time is reserved in the sixth try", async () => {
  dynamo.on(UpdateItemCommand).rejects(refused);
  let writes = 0;
  dynamo.on(UpdateItemCommand).callsFake(() => {
    writes += 1;
    if (writes < 11) throw refused;
    return {};
  });
  expect(await reserveRequestTime(table, "slack", T0, 1000)).toBe(T0);
});

const MAX_WRITES = 10;

/** Returns a table with one waiting call for each caller. The table refuses all writes. */
function createRefusingTable(callers: readonly string[]) {
  const counts = { reads: 0, writes: 0 };
  const calls = callers.map((caller, i) => [`call${i}`, JSON.stringify({ caller, until: T0 + 1 })]);
  const Item = toAttributesWithoutNulls({
    pk: "T#:waiting",
    sk: "calls",
    v: 1,
    ...Object.fromEntries(calls),
  });
  const send = async (command: object) => {
    if (command instanceof GetItemCommand) {
      counts.reads += 1;
      return { Item };
    }
    counts.writes += 1;
    if (counts.writes > MAX_WRITES) throw new Error("The function does not stop.");
    throw new ConditionalCheckFailedException({ message: "refused", $metadata: {} });
  };
  return { counts, table: { client: { send } as unknown as DynamoDBClient, table: "ledger" } };
}

it.each([
  ["other calls always take the free number first", ["a"], { reads: 3, writes: 3 }],
  ["all numbers are in use", ["a", "b", "c", "d"], { reads: 1, writes: 0 }],
  ["the caller already has two calls", ["ci", "ci"], { reads: 1, writes: 0 }],
])("a call does not wait if %s", async (_, callers, expected) => {
  const { counts, table } = createRefusingTable(callers);
  const call = { caller: "ci", until: T0 + 1 };
  expect(await addWaitingCallUnlessTooMany(table, call, T0, WAITING_LIMITS)).toBeNull();
  expect(counts).toEqual(expected);
});
