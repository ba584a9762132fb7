import type { WatchKey } from "../../lib/domain/job.ts";
import { findSharedGenerationsOfTargetsAddedAfterEnd } from "../../lib/ledger/notification.ts";
import { type CallerData, isRestartedByCall } from "../../lib/ledger/watch.ts";
import { roundUpToLastMsBeforeSweep } from "../../lib/ledger/watch-deliveries-and-overdue-times.ts";
import type { OpenResult, WatchChangeLedger } from "../../lib/ledger/watch-ledger.ts";
import {
  claimPoll,
  endWatchUnlessTargetsAdded,
  extendWatch,
  recordPoll,
  startWatch,
  stopWatch,
  undoPollClaim,
} from "../../server/ledger/watch-changes.ts";
import { jobWatches } from "./memory-ledger-reads.ts";
import { idOf, idOfGeneration, type LedgerState, type WatchRow } from "./memory-ledger-state.ts";

const NO_CALLER_DATA: CallerData = { context: {}, callbacks: {} };

/**
 * Returns the operations that change watches. Each call changes the state at once, so calls never interleave.
 * @param sweepIntervalMs the interval to which the ledger for DynamoDB rounds the times of the overdue index
 */
export function watchOperations(
  { watches, callerData, outcomes }: LedgerState,
  sweepIntervalMs: number,
): WatchChangeLedger {
  const read = (key: WatchKey) => watches[idOf(key)] ?? null;
  const write = (row: WatchRow | null) => {
    if (row !== null) watches[idOf(row.watch)] = row;
  };

  const writeRounded = (row: WatchRow) => {
    const dueAt = row.dueAt === null ? null : roundUpToLastMsBeforeSweep(row.dueAt, sweepIntervalMs);
    write({ ...row, dueAt });
  };

  return {
    async startOrExtendWatch(wanted): Promise<OpenResult> {
      const row = read(wanted);
      if (
        row === null ||
        isRestartedByCall({ ...row.watch, restartable: row.restartable }, wanted.operation)
      ) {
        const others = jobWatches(watches, wanted).map(({ generation }) => generation);
        const started = startWatch(wanted, row, row === null ? 0 : 1 + Math.max(...others));
        writeRounded({ ...started, tree: null });
        const { context, callbacks } = wanted;
        callerData[idOfGeneration(started.watch)] = { context, callbacks };
        const { poll, generation } = started.watch;
        return { kind: "accepted", poll: poll + 1, generation };
      }
      const extended = extendWatch(row, wanted);
      if (extended.kind === "limit_exceeded") return extended;
      const { stored, addedTargets, needsGenerations } = extended;
      const { watch } = stored;
      const id = idOfGeneration(watch);
      const known = callerData[id] ?? NO_CALLER_DATA;
      callerData[id] = {
        context: known.context,
        callbacks: { ...known.callbacks, ...wanted.callbacks },
      };
      write(stored);
      if (!needsGenerations) return { kind: "already_watching", watch, addedTargets, generations: {} };
      const before = jobWatches(watches, wanted);
      const generations = findSharedGenerationsOfTargetsAddedAfterEnd(watch, addedTargets, before);
      const outcome = outcomes[id];
      if (outcome !== undefined)
        outcomes[id] = { ...outcome, generations: { ...outcome.generations, ...generations } };
      return { kind: "already_watching", watch, addedTargets, generations };
    },

    async claimPoll(wanted) {
      const { stored, result } = claimPoll(read(wanted.key), wanted);
      write(stored);
      return result;
    },

    async undoPollClaim(claimed) {
      write(undoPollClaim(read(claimed.key), claimed));
    },

    async recordPoll(record) {
      const row = recordPoll(read(record.key), record);
      if (row === null) return "superseded";
      writeRounded({ ...row, tree: record.tree ?? row.tree });
      return "recorded";
    },

    async readCallerData(key) {
      return callerData[idOfGeneration(key)] ?? NO_CALLER_DATA;
    },

    async getOrCreateOutcome(key, stored) {
      const id = idOfGeneration(key);
      const first = outcomes[id] ?? stored;
      outcomes[id] = first;
      return { summary: first.summary, generations: first.generations };
    },

    async readOutcomeWithoutTree(key) {
      const found = outcomes[idOfGeneration(key)];
      return found === undefined ? null : { summary: found.summary, generations: found.generations };
    },

    async endWatchUnlessTargetsAdded(end) {
      const { stored, result } = endWatchUnlessTargetsAdded(read(end.key), end);
      if (stored !== null) writeRounded(stored);
      return result;
    },

    async stopWatch(key, at) {
      const { stored, result } = stopWatch(read(key), at);
      write(stored);
      return result;
    },
  };
}
