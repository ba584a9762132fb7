import { newDeliveryRecord } from "../../lib/ledger/notification.ts";
import { parsePageToken, toPageToken } from "../../lib/ledger/page-token.ts";
import type { WatchLedger } from "../../lib/ledger/watch.ts";
import { idOfNotification } from "./memory-ledger-notifications.ts";
import { idOf, idOfGeneration, keyOf, type LedgerState } from "./memory-ledger-state.ts";

type ReadOperations = Pick<
  WatchLedger,
  "readWatch" | "listOverdue" | "rescheduleSweep" | "scheduleSweep" | "listRecentWatches"
>;

/** Returns the operations that read watches. */
export function readOperations({ watches, outcomes, notifications }: LedgerState): ReadOperations {
  return {
    async readWatch(key) {
      const row = watches[idOf(key)];
      if (row === undefined) return null;
      const { watch, context, callbacks } = row;
      const outcome = outcomes[idOfGeneration(watch)];
      const deliveries = watch.targets.map(
        (target) =>
          notifications[idOfNotification({ ...key, target, generation: watch.generation })]?.delivery ??
          newDeliveryRecord(target),
      );
      return {
        watch,
        context,
        callbacks,
        summary: outcome?.summary ?? null,
        tree: outcome?.tree ?? row.tree,
        deliveries,
      };
    },

    async listOverdue(now, limit) {
      return Object.entries(watches)
        .flatMap(([id, { dueAt }]) => (dueAt === null || dueAt >= now ? [] : [{ ...keyOf(id), dueAt }]))
        .sort((a, b) => a.dueAt - b.dueAt)
        .slice(0, limit);
    },

    async rescheduleSweep(entry, dueAt) {
      const row = watches[idOf(entry)];
      if (row === undefined || row.dueAt !== entry.dueAt) return "changed";
      watches[idOf(entry)] = { ...row, dueAt };
      return "moved";
    },

    async scheduleSweep(key, dueAt) {
      const row = watches[idOf(key)];
      if (row === undefined || (row.dueAt !== null && row.dueAt <= dueAt)) return;
      watches[idOf(key)] = { ...row, dueAt };
    },

    async listRecentWatches(project, { limit, before }) {
      const newestFirst = Object.values(watches)
        .map(({ watch }) => watch)
        .filter((watch) => watch.project === project)
        .sort((a, b) => b.acceptedAt - a.acceptedAt || (a.jobId < b.jobId ? 1 : -1));
      const from = before === null ? null : parsePageToken(before);
      const rest = newestFirst.filter(
        ({ acceptedAt, jobId }) =>
          from === null ||
          acceptedAt < from.acceptedAt ||
          (acceptedAt === from.acceptedAt && jobId < from.jobId),
      );
      const page = rest.slice(0, limit);
      const last = page.at(-1);
      return {
        watches: page,
        next: last === undefined || rest.length === page.length ? null : toPageToken(last),
      };
    },
  };
}
