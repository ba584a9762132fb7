import type { JobKey } from "../../lib/domain/job.ts";
import { mapTargetsToHighestGenerationIfHigherThanOwn } from "../../lib/ledger/notification.ts";
import { parsePageTokenOrThrow, toInternalPageToken } from "../../lib/ledger/page-token.ts";
import { compareNewestFirst, type Watch } from "../../lib/ledger/watch.ts";
import { listDeliveries } from "../../lib/ledger/watch-deliveries-and-overdue-times.ts";
import type { WatchReadLedger } from "../../lib/ledger/watch-ledger.ts";
import { idOfNotification } from "./memory-ledger-notifications.ts";
import { idOf, idOfGeneration, keyOf, type LedgerState } from "./memory-ledger-state.ts";

/** Returns the operations that read watches. */
export function readOperations({
  watches,
  callerData,
  outcomes,
  notifications,
  slow: slowJobs,
}: LedgerState): WatchReadLedger {
  return {
    async readWatchDocumentOrNull(key) {
      const row = watches[idOf(key)];
      if (row === undefined) return null;
      const { watch } = row;
      const outcome = outcomes[idOfGeneration(watch)];
      const generations =
        outcome?.generations ?? mapTargetsToHighestGenerationIfHigherThanOwn(watch, jobWatches(watches, key));
      const slow = slowJobs[idOfGeneration(watch)] ?? null;
      const deliveries = listDeliveries(
        watch,
        generations,
        slow,
        (found) => notifications[idOfNotification(found)]?.delivery ?? null,
      );
      return {
        ...(callerData[idOfGeneration(watch)] ?? { context: {}, callbacks: {} }),
        watch,
        summary: outcome?.summary ?? null,
        tree: outcome?.tree ?? row.tree,
        generations,
        slow,
        deliveries,
      };
    },

    async readProgressEventuallyConsistent(key) {
      const watch = watches[idOf(key)]?.watch;
      return watch === undefined ? null : { state: watch.state, nextPollAt: watch.nextPollAt };
    },

    async listJobWatchesNewestFirst(job) {
      return jobWatches(watches, job);
    },

    async countUnfinishedWatchesApproximately(caller) {
      return Object.values(watches).filter(({ watch, dueAt }) => watch.caller === caller && dueAt !== null)
        .length;
    },

    async listOverdueWatches(now, limit) {
      return Object.entries(watches)
        .flatMap(([id, { dueAt }]) => (dueAt === null || dueAt >= now ? [] : [{ ...keyOf(id), dueAt }]))
        .sort((a, b) => a.dueAt - b.dueAt)
        .slice(0, limit);
    },

    async rescheduleSweepIfUnchanged(entry, dueAt) {
      const row = watches[idOf(entry)];
      if (row === undefined || row.dueAt !== entry.dueAt) return "changed";
      if (dueAt === null && row.watch.state === "watching") return "changed";
      watches[idOf(entry)] = { ...row, dueAt };
      return "moved";
    },

    async scheduleSweepByAndExtendExpiry(key, dueAt) {
      const row = watches[idOf(key)];
      if (row === undefined || (row.dueAt !== null && row.dueAt <= dueAt)) return;
      watches[idOf(key)] = { ...row, dueAt };
    },

    async listRecentWatches(project, { limit, before }) {
      const position = ({ jobId, caller }: { jobId: string; caller: string }) => `${jobId}#${caller}`;
      const sorted = Object.values(watches)
        .map(({ watch }) => watch)
        .filter((watch) => watch.project === project)
        .sort((a, b) => b.acceptedAt - a.acceptedAt || (position(a) < position(b) ? 1 : -1));
      const from = before === null ? null : parsePageTokenOrThrow(before);
      const rest = sorted.filter(
        (watch) =>
          from === null ||
          watch.acceptedAt < from.acceptedAt ||
          (watch.acceptedAt === from.acceptedAt && position(watch) < position(from)),
      );
      const page = rest.slice(0, limit);
      const last = page.at(-1);
      // DynamoDB returns a page token after every full page, also after the last one.
      return {
        watches: page,
        next: last === undefined || page.length < limit ? null : toInternalPageToken(last),
      };
    },
  };
}

/** Returns the watches of a job. The newest watch is first. */
export function jobWatches(watches: LedgerState["watches"], { project, jobId }: JobKey): Watch[] {
  return Object.values(watches)
    .map(({ watch }) => watch)
    .filter((watch) => watch.project === project && watch.jobId === jobId)
    .sort(compareNewestFirst);
}
