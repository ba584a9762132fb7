import type { Instant, WatchKey } from "../../lib/domain/job.ts";
import {
  findSharedGenerationsOfTargetsAddedAfterEnd,
  type NotificationGenerations,
} from "../../lib/ledger/notification.ts";
import { type CallerData, isRestartedByCall, type Watch } from "../../lib/ledger/watch.ts";
import type { NewWatch, OpenResult, WatchChangeLedger } from "../../lib/ledger/watch-ledger.ts";
import type { Store } from "../store/store.ts";
import {
  generationId,
  readJobRows,
  readRecord,
  readWatchRow,
  updateRecord,
  type WatchRow,
  watchId,
  writeRecord,
  writeWatchRow,
} from "./rows.ts";
import {
  claimPoll,
  endWatchUnlessTargetsAdded,
  extendWatch,
  recordPoll,
  startWatch,
  stopWatch,
  undoPollClaim,
} from "./watch-changes.ts";

const NO_CALLER_DATA: CallerData = { context: {}, callbacks: {} };

/** Returns the ledger operations that change watches. Each of these ledger operations is one database transaction. */
export function createWatchChangeOperations(store: Store): WatchChangeLedger {
  const read = (key: WatchKey) => readWatchRow(store, key);
  const write = (row: WatchRow) => writeWatchRow(store, row);

  /**
   * Stores an ended watch with an expiry time. The record `caller`, with the watch's context and callbacks, gets the
   * same expiry time.
   */
  const writeEnded = (row: WatchRow, expiresAt: Instant): void => {
    write({ ...row, expiresAt });
    store.run(
      "UPDATE record SET expires_at = ? WHERE kind = 'caller' AND id = ?",
      expiresAt,
      generationId(row.watch),
    );
  };

  return {
    startOrExtendWatch: (wanted) =>
      store.write((): OpenResult => {
        const row = read(wanted);
        if (
          row !== null &&
          !isRestartedByCall({ ...row.watch, restartable: row.restartable }, wanted.operation)
        )
          return addToWatch(store, wanted, row);
        const others = readJobRows(store, wanted).map(({ watch }) => watch.generation);
        const started = startWatch(wanted, row, row === null ? 0 : 1 + Math.max(...others));
        const { expiresAt, context, callbacks } = wanted;
        write({ ...started, expiresAt });
        const { watch } = started;
        writeRecord(store, "caller", generationId(watch), { context, callbacks }, expiresAt);
        store.run("DELETE FROM record WHERE kind = 'tree' AND id = ?", watchId(wanted));
        return { kind: "accepted", poll: watch.poll + 1, generation: watch.generation };
      }),

    claimPoll: (wanted) =>
      store.write(() => {
        const { stored, result } = claimPoll(read(wanted.key), wanted);
        if (stored !== null) write(stored);
        return result;
      }),

    undoPollClaim: (claimed) =>
      store.write(() => {
        const row = undoPollClaim(read(claimed.key), claimed);
        if (row !== null) write(row);
      }),

    recordPoll: (record) =>
      store.write(() => {
        const row = recordPoll(read(record.key), record);
        if (row === null) return "superseded";
        write(row);
        if (record.tree !== null) writeRecord(store, "tree", watchId(record.key), record.tree, row.expiresAt);
        return "recorded";
      }),

    readCallerData: (key) =>
      store.read(() => readRecord(store, "caller", generationId(key)) ?? NO_CALLER_DATA),

    getOrCreateOutcome: (key, outcome, expiresAt) =>
      store.write(() => {
        const stored = readRecord(store, "outcome", generationId(key));
        if (stored === null) writeRecord(store, "outcome", generationId(key), outcome, expiresAt);
        const { summary, generations } = stored ?? outcome;
        return { summary, generations };
      }),

    readOutcomeWithoutTree: (key) =>
      store.read(() => {
        const stored = readRecord(store, "outcome", generationId(key));
        return stored === null ? null : { summary: stored.summary, generations: stored.generations };
      }),

    endWatchUnlessTargetsAdded: (end) =>
      store.write(() => {
        const { stored, result } = endWatchUnlessTargetsAdded(read(end.key), end);
        if (stored !== null) writeEnded(stored, end.expiresAt);
        return result;
      }),

    stopWatch: (key, at, expiresAt) =>
      store.write(() => {
        const { stored, result } = stopWatch(read(key), at);
        if (stored !== null && result === "stopped") writeEnded(stored, expiresAt);
        else if (stored !== null) write(stored);
        return result;
      }),
  };
}

/** Adds targets and callbacks to an existing watch without a restart. */
function addToWatch(store: Store, wanted: NewWatch, row: WatchRow): OpenResult {
  const extended = extendWatch(row, wanted);
  if (extended.kind === "limit_exceeded") return extended;
  const { stored, addedTargets, isDeadlineLater, isChanged, needsGenerations } = extended;
  const { watch } = stored;
  const generations = needsGenerations
    ? saveGenerationsOfTargetsAddedAfterEnd(store, watch, addedTargets)
    : {};
  const expiresAt = isDeadlineLater ? wanted.expiresAt : row.expiresAt;
  if (isChanged) writeWatchRow(store, { ...stored, expiresAt });
  if (isDeadlineLater || Object.keys(wanted.callbacks).length > 0) {
    const known = readRecord(store, "caller", generationId(watch)) ?? NO_CALLER_DATA;
    const callbacks = { ...known.callbacks, ...wanted.callbacks };
    writeRecord(store, "caller", generationId(watch), { context: known.context, callbacks }, expiresAt);
  }
  return { kind: "already_watching", watch, addedTargets, generations };
}

/**
 * Stores a generation number for each target that was added after the end of the watch. The number becomes a part of
 * the key of the target's notification.
 */
function saveGenerationsOfTargetsAddedAfterEnd(
  store: Store,
  watch: Watch,
  addedTargets: readonly string[],
): NotificationGenerations {
  const before = readJobRows(store, watch).map((row) => row.watch);
  const generations = findSharedGenerationsOfTargetsAddedAfterEnd(watch, addedTargets, before);
  const id = generationId(watch);
  const stored = readRecord(store, "outcome", id);
  if (stored !== null)
    updateRecord(store, "outcome", id, {
      ...stored,
      generations: { ...stored.generations, ...generations },
    });
  return generations;
}
