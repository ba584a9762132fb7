import type { Ledger } from "../../lib/ledger/ledger.ts";
import { notificationSteps } from "./memory-ledger-notifications.ts";
import { watchReads } from "./memory-ledger-reads.ts";
import { sharedSteps } from "./memory-ledger-shared.ts";
import { emptyLedgerState, type LedgerState } from "./memory-ledger-state.ts";
import { watchSteps } from "./memory-ledger-watches.ts";

export interface MemoryLedger extends Ledger {
  /** Everything it knows, as plain JSON; hand a copy to `createMemoryLedger` to go on from there. */
  readonly state: LedgerState;
}

/**
 * The ledger of the simulation. It keeps no clock: every call brings its time along. A call has taken effect when
 * it returns its promise, so that runs depend on nothing but the order of calls.
 */
export function createMemoryLedger(state: LedgerState = emptyLedgerState()): MemoryLedger {
  return {
    state,
    ...watchSteps(state),
    ...watchReads(state),
    ...notificationSteps(state),
    ...sharedSteps(state),
  };
}
