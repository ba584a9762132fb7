import { BatchGetItemCommand, DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import { mockClient } from "aws-sdk-client-mock";
import { toAttributesWithoutNulls } from "../../../../lib/ledger/dynamo/expression.ts";
import { watchItemKey } from "../../../../lib/ledger/dynamo/keys.ts";
import { listRecentWatches } from "../../../../lib/ledger/dynamo/read-watches.ts";
import { T0 } from "../samples.ts";

// No server of DynamoDB produces an index that lists an item twice at the request of a test.
const dynamo = mockClient(DynamoDBClient);
const table = { client: new DynamoDBClient({ region: "eu-central-1" }), table: "ledger" };

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
