import { createMemoryLedger } from "../../simulation/memory-ledger.ts";
import { type EmbeddedDynamo, startDynamo } from "../../support/dynamodb.ts";
import { createDynamoLedger } from "../../support/dynamodb-ledger.ts";
import fc from "../../support/properties.ts";
import { createTable } from "../../support/table.ts";
import { callLedger, type LedgerCall, ledgerCall, readLedgerState } from "./random-operations.ts";

/** `npm run servers:test` makes more runs on a faster server. */
const RUNS = Number(process.env.LEDGER_RUNS ?? 15);
const MAX_CALLS = 60;

let dynamo: EmbeddedDynamo;
let tables = 0;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

/** Makes the same calls to the ledger of the simulation and to a new DynamoDB table, and compares every result. */
async function compareDrivers(calls: readonly LedgerCall[]): Promise<void> {
  tables += 1;
  const table = `equal-drivers-${tables}`;
  await createTable(dynamo.client, table);
  const stored = createDynamoLedger({ client: dynamo.client, table });
  const simulated = createMemoryLedger();
  for (const [i, call] of calls.entries()) {
    const expected = await callLedger(stored, call);
    expect({ i, ...call, result: await callLedger(simulated, call) }).toEqual({
      i,
      ...call,
      result: expected,
    });
  }
  expect(await readLedgerState(simulated)).toEqual(await readLedgerState(stored));
}

test("the ledger of the simulation returns the same as DynamoDB for random calls", async () => {
  const calls = fc.array(ledgerCall, { minLength: 1, maxLength: MAX_CALLS, size: "max" });
  await fc.assert(fc.asyncProperty(calls, compareDrivers), { numRuns: RUNS });
});
