import { BatchGetItemCommand, DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import { mockClient } from "aws-sdk-client-mock";
import { toAttributesWithoutNulls } from "../../../../lib/ledger/dynamo/expression.ts";
import { watchItemKey } from "../../../../lib/ledger/dynamo/keys.ts";
import { listRecentWatches } from "../../../../lib/ledger/dynamo/read-watches.ts";
import { T0 } from "../samples.ts";

// No server of DynamoDB lists an item twice or omits items of a batch at the request of a test.
const dynamo = mockClient(DynamoDBClient);
const table = { client: new DynamoDBClient({ region: "eu-central-1" }), table: "ledger" };

beforeEach(() => dynamo.reset());

/** Sets the watches of the recent index. A batch returns at most `batchSize` items and omits the others. */
function setWatches(count: number, batchSize: number) {
  const items = Array.from({ length: count }, (_, i) =>
    toAttributesWithoutNulls({
      ...watchItemKey({ project: "prod", jobId: `job-${i}`, caller: "token:ci" }),
      v: 1,
      state: "watching",
      generation: 0,
      poll: 0,
      pollDone: true,
      acceptedAt: T0 - i,
      deadlineAt: T0 + 1,
    }),
  );
  dynamo.on(QueryCommand).resolves({ Items: items });
  dynamo.on(BatchGetItemCommand).callsFake(({ RequestItems }: BatchGetItemCommand["input"]) => {
    const keys = RequestItems?.ledger?.Keys ?? [];
    const [read, omitted] = [keys.slice(0, batchSize), keys.slice(batchSize)];
    return {
      Responses: { ledger: items.filter(({ pk }) => read.some((key) => key.pk?.S === pk?.S)) },
      ...(omitted.length > 0 && { UnprocessedKeys: { ledger: { Keys: omitted } } }),
    };
  });
}

test("the list reads at most 100 watches at a time, newest first, because a batch has at most 100 keys", async () => {
  setWatches(0, 100);
  const limits: (number | undefined)[] = [];
  for (const limit of [5, 100, 101, 5000]) {
    await listRecentWatches(table, "prod", { limit, before: null });
    const input = dynamo.commandCalls(QueryCommand).at(-1)?.args[0].input;
    expect(input?.ScanIndexForward).toBe(false);
    limits.push(input?.Limit);
  }
  expect(limits).toEqual([5, 100, 100, 100]);
});

test.each([
  [3, 3, 1],
  [3, 2, 2],
  [4, 1, 4],
])(
  "the list of %d watches, of which a batch returns %d, is complete after %d batches",
  async (count, batchSize, batches) => {
    setWatches(count, batchSize);
    const { watches } = await listRecentWatches(table, "prod", { limit: 10, before: null });
    expect(watches.map(({ jobId }) => jobId)).toEqual(Array.from({ length: count }, (_, i) => `job-${i}`));
    expect(dynamo.commandCalls(BatchGetItemCommand)).toHaveLength(batches);
  },
);

test("the list ends without the watches that DynamoDB still omits in the fourth batch", async () => {
  setWatches(9, 1);
  const { watches } = await listRecentWatches(table, "prod", { limit: 10, before: null });
  expect(watches).toHaveLength(4);
});

test("the list reads a watch once that the index lists twice, because DynamoDB refuses the same key twice", async () => {
  const [twice, once] = ["restarted", "other"].map((jobId) =>
    watchItemKey({ project: "prod", jobId, caller: "token:ci" }),
  );
  const entries = [
    { ...twice, acceptedAt: T0 + 2 },
    { ...once, acceptedAt: T0 + 1 },
    { ...twice, acceptedAt: T0 },
  ];
  dynamo.on(QueryCommand).resolves({ Items: entries.map((entry) => toAttributesWithoutNulls(entry)) });
  dynamo.on(BatchGetItemCommand).resolves({ Responses: {} });
  expect(await listRecentWatches(table, "prod", { limit: 10, before: null })).toEqual({
    watches: [],
    next: null,
  });
  const [call] = dynamo.commandCalls(BatchGetItemCommand);
  expect(call?.args[0].input.RequestItems?.ledger?.Keys).toEqual([
    toAttributesWithoutNulls({ ...twice }),
    toAttributesWithoutNulls({ ...once }),
  ]);
});
