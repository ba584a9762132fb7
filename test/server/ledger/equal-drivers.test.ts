import { createSqliteLedger } from "../../../server/ledger/sqlite-ledger.ts";
import {
  callLedger,
  type LedgerCall,
  ledgerCall,
  readLedgerState,
} from "../../lib/ledger/random-operations.ts";
import { createMemoryLedger } from "../../simulation/memory-ledger.ts";
import fc from "../../support/properties.ts";
import { openTestStore } from "../open-test-store.ts";

const RUNS = 40;
const MAX_CALLS = 60;

/** Makes the same calls to the ledger of the simulation and to a new SQLite database, and compares every result. */
async function compareDrivers(calls: readonly LedgerCall[]): Promise<void> {
  const store = openTestStore();
  const stored = createSqliteLedger(store);
  const simulated = createMemoryLedger();
  for (const [i, call] of calls.entries()) {
    const expected = await callLedger(simulated, call);
    expect({ i, ...call, result: await callLedger(stored, call) }).toEqual({ i, ...call, result: expected });
  }
  expect(await readLedgerState(stored)).toEqual(await readLedgerState(simulated));
  store.close();
}

test("the ledger on SQLite returns the same as the ledger of the simulation for random calls", async () => {
  const calls = fc.array(ledgerCall, { minLength: 1, maxLength: MAX_CALLS, size: "max" });
  await fc.assert(fc.asyncProperty(calls, compareDrivers), { numRuns: RUNS });
});
