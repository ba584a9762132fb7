import type { Ledger } from "../../lib/ledger/ledger.ts";
import { discoveryOperations } from "./memory-ledger-discovery.ts";
import { notificationOperations } from "./memory-ledger-notifications.ts";
import { readOperations } from "./memory-ledger-reads.ts";
import { emptyLedgerState, type LedgerState } from "./memory-ledger-state.ts";
import { watchOperations } from "./memory-ledger-watches.ts";
import { targetAndDurationOperations } from "./memory-target-and-duration-operations.ts";

export interface MemoryLedger extends Ledger {
  /** The state is plain JSON. A copy of the state creates the same ledger. */
  readonly state: LedgerState;
}

/**
 * Creates the ledger of the simulation. The ledger has no clock, because each call contains the time.
 * A call takes effect before it returns its promise, so that a run depends only on the order of calls.
 * @param sweepIntervalMs the interval to which the overdue index rounds its times, or 1 for exact times
 */
export function createMemoryLedger(
  state: LedgerState = emptyLedgerState(),
  sweepIntervalMs = 1,
): MemoryLedger {
  return {
    state,
    ...watchOperations(state, sweepIntervalMs),
    ...readOperations(state),
    ...notificationOperations(state),
    ...targetAndDurationOperations(state),
    ...discoveryOperations(state),
  };
}
