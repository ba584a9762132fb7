import type { Ledger } from "../../../lib/ledger/ledger.ts";
import { createMemoryLedger } from "../../simulation/memory-ledger.ts";
import { type EmbeddedDynamo, startDynamo } from "../../support/dynamodb.ts";
import { createDynamoLedger } from "../../support/dynamodb-ledger.ts";
import { createTable } from "../../support/table.ts";
import { describeLedger } from "./conformance.ts";

let memory: Ledger;
beforeEach(() => {
  memory = createMemoryLedger();
});
describeLedger("in memory", () => memory);

let dynamo: EmbeddedDynamo;
let ledger: Ledger;
beforeAll(async () => {
  dynamo = await startDynamo();
  await createTable(dynamo.client, "ledger");
  ledger = createDynamoLedger({ client: dynamo.client, table: "ledger" });
});
afterAll(() => dynamo.stop());
describeLedger("on DynamoDB", () => ledger);
