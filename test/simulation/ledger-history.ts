import type { WatchGeneration } from "../../lib/domain/job.ts";
import type { MemoryLedger } from "./memory-ledger.ts";
import { idOfGeneration } from "./memory-ledger-state.ts";
import type { Simulation } from "./simulation.ts";

/** The starts of watches and the first saves of outcomes, each with its time. */
export interface LedgerHistory {
  readonly starts: { readonly watch: WatchGeneration; readonly at: number }[];
  /** The times of the first saves, by watch generation. */
  readonly saves: Map<string, number>;
}

/** Returns the ledger, which also writes its history. */
export function observeLedger(
  ledger: MemoryLedger,
  simulation: Pick<Simulation, "now">,
  { starts, saves }: LedgerHistory,
): MemoryLedger {
  return {
    ...ledger,
    openWatch(wanted) {
      const at = simulation.now();
      const { project, jobId, caller } = wanted;
      const opening = ledger.openWatch(wanted);
      return opening.then((opened) => {
        if (opened.kind === "accepted")
          starts.push({ watch: { project, jobId, caller, generation: opened.generation }, at });
        return opened;
      });
    },
    saveOutcomeOnce(generation, outcome, expiresAt) {
      const id = idOfGeneration(generation);
      if (!saves.has(id)) saves.set(id, simulation.now());
      return ledger.saveOutcomeOnce(generation, outcome, expiresAt);
    },
  };
}
