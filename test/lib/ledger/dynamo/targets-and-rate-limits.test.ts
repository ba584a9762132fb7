import { ConditionalCheckFailedException, DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { mockClient } from "aws-sdk-client-mock";
import { reserveRequestTime } from "../../../../lib/ledger/dynamo/targets-and-rate-limits.ts";
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
