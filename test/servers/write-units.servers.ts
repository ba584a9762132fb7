import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { COSTS } from "../../bench/costs/costs-data.ts";
import { measureLedger } from "../../bench/costs/measure-ledger.ts";
import { CREDENTIALS } from "../../local/servers/start-sqs.ts";

const client = new DynamoDBClient({
  endpoint: process.env.DYNAMODB_ENDPOINT ?? "",
  region: "eu-central-1",
  credentials: CREDENTIALS,
});
afterAll(() => client.destroy());

test("the stored use of the ledger is the consumed capacity of DynamoDB", async () => {
  expect(await measureLedger(client, 12)).toEqual(COSTS.measured.ledger["12"]);
}, 60_000);
