import * as z from "zod/mini";
import { mapTargetsToHighestGenerationIfHigherThanOwn } from "../../lib/ledger/notification.ts";
import { parsePageTokenOrThrow, toInternalPageToken } from "../../lib/ledger/page-token.ts";
import { compareNewestFirst } from "../../lib/ledger/watch.ts";
import { listDeliveries } from "../../lib/ledger/watch-deliveries-and-overdue-times.ts";
import type { WatchReadLedger } from "../../lib/ledger/watch-ledger.ts";
import type { Store } from "../store/store.ts";
import {
  generationId,
  notificationId,
  readJobRows,
  readRecord,
  readWatchRow,
  toWatchRow,
  WATCH_COLUMNS,
  watchId,
  writeWatchRow,
} from "./rows.ts";

const Overdue = z.object({ project: z.string(), job_id: z.string(), caller: z.string(), due_at: z.number() });

/** Returns the ledger operations that read watches or plan the sweep function's next check of a watch. */
export function createWatchReadOperations(store: Store): WatchReadLedger {
  return {
    readWatchDocumentOrNull: (key) =>
      store.read(() => {
        const row = readWatchRow(store, key);
        if (row === null) return null;
        const { watch } = row;
        const outcome = readRecord(store, "outcome", generationId(watch));
        const generations =
          outcome?.generations ??
          mapTargetsToHighestGenerationIfHigherThanOwn(
            watch,
            readJobRows(store, key).map((other) => other.watch),
          );
        const slow = readRecord(store, "slow", generationId(watch));
        const deliveries = listDeliveries(
          watch,
          generations,
          slow,
          (found) => readRecord(store, "notification", notificationId(found))?.delivery ?? null,
        );
        const summary = outcome?.summary ?? null;
        const tree = outcome?.tree ?? readRecord(store, "tree", watchId(watch));
        const data = readRecord(store, "caller", generationId(watch));
        const { context, callbacks } = data ?? { context: {}, callbacks: {} };
        return { watch, context, callbacks, summary, tree, generations, slow, deliveries };
      }),

    readProgressEventuallyConsistent: (key) =>
      store.read(() => {
        const row = readWatchRow(store, key);
        return row === null ? null : { state: row.watch.state, nextPollAt: row.watch.nextPollAt };
      }),

    listJobWatchesNewestFirst: (job) =>
      store.read(() =>
        readJobRows(store, job)
          .map(({ watch }) => watch)
          .sort(compareNewestFirst),
      ),

    countUnfinishedWatchesApproximately: (caller) =>
      store.read(() => {
        const row = store.get(
          "SELECT count(*) AS count FROM watch WHERE due_at IS NOT NULL AND caller = ?",
          caller,
        );
        return z.object({ count: z.number() }).parse(row).count;
      }),

    listOverdueWatches: (now, limit) =>
      store.read(() =>
        store
          .all(
            "SELECT project, job_id, caller, due_at FROM watch WHERE due_at < ? ORDER BY due_at LIMIT ?",
            now,
            limit,
          )
          .map((row) => {
            const { project, job_id: jobId, caller, due_at: dueAt } = Overdue.parse(row);
            return { project, jobId, caller, dueAt };
          }),
      ),

    rescheduleSweepIfUnchanged: (entry, dueAt) =>
      store.write(() => {
        const row = readWatchRow(store, entry);
        if (row === null || row.dueAt !== entry.dueAt) return "changed";
        if (dueAt === null && row.watch.state === "watching") return "changed";
        writeWatchRow(store, { ...row, dueAt });
        return "moved";
      }),

    scheduleSweepByAndExtendExpiry: (key, dueAt, expiresAt) =>
      store.write(() => {
        const row = readWatchRow(store, key);
        if (row === null) return;
        writeWatchRow(store, {
          ...row,
          dueAt: Math.min(row.dueAt ?? dueAt, dueAt),
          expiresAt: Math.max(row.expiresAt, expiresAt ?? 0),
        });
        store.run(
          "UPDATE record SET expires_at = max(expires_at, ?) WHERE kind IN ('caller', 'outcome', 'slow') AND id = ?",
          expiresAt ?? 0,
          generationId(key),
        );
      }),

    listRecentWatches: (project, { limit, before }) =>
      store.read(() => {
        const last = before === null ? null : parsePageTokenOrThrow(before);
        const rows = store
          .all(
            `SELECT ${WATCH_COLUMNS} FROM watch
             WHERE project = ? AND (accepted_at, job_id, caller) < (?, ?, ?)
             ORDER BY accepted_at DESC, job_id DESC, caller DESC LIMIT ?`,
            project,
            last?.acceptedAt ?? Number.MAX_SAFE_INTEGER,
            last?.jobId ?? "",
            last?.caller ?? "",
            limit,
          )
          .map(toWatchRow);
        const watches = rows.map(({ watch }) => watch);
        const end = watches.at(-1);
        // A full page of the list always has a page token, even if the next page is empty. The ledger in DynamoDB works
        // in the same way.
        return { watches, next: end === undefined || rows.length < limit ? null : toInternalPageToken(end) };
      }),
  };
}
