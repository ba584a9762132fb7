import type { WatchGeneration } from "../../lib/domain/job.ts";
import type { MemoryLedger } from "./memory-ledger.ts";
import { idOfGeneration } from "./memory-ledger-state.ts";
import type { Simulation } from "./simulation.ts";

/** After this number of unfinished tries of one poll, the service gives up the watch. */
const UNFINISHED_TRIES = 8;

/** The starts and deadlines of watches and the first saves of outcomes, each with its time. */
export interface LedgerHistory {
  readonly starts: { readonly watch: WatchGeneration; readonly at: number }[];
  /** The times of the first saves, by watch generation. */
  readonly saves: Map<string, number>;
  /** The times of the first saves of the states of slow jobs, by watch generation. */
  readonly slowSaves: Map<string, number>;
  /** The deadlines of each watch, by watch generation, with the time from which each deadline applies. */
  readonly deadlines: Map<string, { readonly deadlineAt: number; readonly from: number }[]>;
  /** The watch generations that the service may give up, because too many tries of one poll did not finish. */
  readonly givenUp: Set<string>;
}

/** Returns the ledger, which also writes its history. */
export function observeLedger(
  ledger: MemoryLedger,
  simulation: Pick<Simulation, "now">,
  { starts, saves, slowSaves, deadlines, givenUp }: LedgerHistory,
): MemoryLedger {
  return {
    ...ledger,
    startOrExtendWatch(wanted) {
      const at = simulation.now();
      const { project, jobId, caller } = wanted;
      const opening = ledger.startOrExtendWatch(wanted);
      return opening.then((opened) => {
        if (opened.kind === "limit_exceeded") return opened;
        const isNew = opened.kind === "accepted";
        const { generation } = isNew ? opened : opened.watch;
        const watch = { project, jobId, caller, generation };
        if (isNew) starts.push({ watch, at });
        const { deadlineAt } = isNew ? wanted : opened.watch;
        const id = idOfGeneration(watch);
        deadlines.set(id, [...(deadlines.get(id) ?? []), { deadlineAt, from: at }]);
        return opened;
      });
    },
    claimPoll(wanted) {
      return ledger.claimPoll(wanted).then((claim) => {
        if (claim.kind === "claimed" && claim.unfinishedTries >= UNFINISHED_TRIES)
          givenUp.add(idOfGeneration(claim.watch));
        return claim;
      });
    },
    getOrCreateOutcome(generation, outcome, expiresAt) {
      const id = idOfGeneration(generation);
      if (!saves.has(id)) saves.set(id, simulation.now());
      return ledger.getOrCreateOutcome(generation, outcome, expiresAt);
    },
    getOrCreateSlowRecord(generation, record, expiresAt) {
      const id = idOfGeneration(generation);
      if (!slowSaves.has(id)) slowSaves.set(id, simulation.now());
      return ledger.getOrCreateSlowRecord(generation, record, expiresAt);
    },
  };
}
