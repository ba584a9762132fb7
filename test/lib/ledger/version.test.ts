import { UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { NewerItemError } from "../../../lib/ledger/dynamo/table.ts";
import type { Ledger } from "../../../lib/ledger/ledger.ts";
import { type EmbeddedDynamo, startDynamo } from "../../support/dynamodb.ts";
import { createDynamoLedger } from "../../support/dynamodb-ledger.ts";
import { createTable } from "../../support/table.ts";
import { firstGeneration, newWatch } from "./samples.ts";

let dynamo: EmbeddedDynamo;
let ledger: Ledger;
beforeAll(async () => {
  dynamo = await startDynamo();
  await createTable(dynamo.client, "ledger");
  ledger = createDynamoLedger({ client: dynamo.client, table: "ledger" });
});
afterAll(() => dynamo.stop());

describe("an item of a newer version", () => {
  it("is refused with NewerItemError", async () => {
    const watch = newWatch();
    await ledger.openWatch(watch);
    await dynamo.client.send(
      new UpdateItemCommand({
        TableName: "ledger",
        Key: { pk: { S: `W#${watch.project}#${watch.jobId}` }, sk: { S: "watch" } },
        UpdateExpression: "SET v = :newer",
        ExpressionAttributeValues: { ":newer": { N: "2" } },
      }),
    );
    await expect(ledger.readWatch(watch)).rejects.toThrow(NewerItemError);
    await expect(ledger.readCallerData(firstGeneration(watch))).rejects.toThrow("version 2");
    const claim = { key: watch, poll: 4, messageId: "m-1", now: 0, leaseMs: 1 };
    await expect(ledger.claimPoll(claim)).rejects.toThrow(NewerItemError);
    await expect(ledger.readWatch(watch)).rejects.toThrow(NewerItemError);
  });
});
