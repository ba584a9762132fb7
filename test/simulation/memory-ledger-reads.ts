import { unattempted } from "../../lib/ledger/notification-ledger.ts";
import { pageToken, readPageToken } from "../../lib/ledger/page-token.ts";
import type { WatchLedger } from "../../lib/ledger/watch-ledger.ts";
import { idOfNotification } from "./memory-ledger-notifications.ts";
import { idOf, idOfGeneration, keyOf, type LedgerState } from "./memory-ledger-state.ts";

type Reads = Pick<WatchLedger, "read" | "overdue" | "reschedule" | "revisit" | "recent">;

/** What reads watches: one of them, the overdue ones, the latest ones. */
export function watchReads({ watches, conclusions, notifications }: LedgerState): Reads {
  return {
    async read(key) {
      const row = watches[idOf(key)];
      if (row === undefined) return null;
      const { watch, context, callbacks } = row;
      const kept = conclusions[idOfGeneration(watch)];
      const deliveries = watch.targets.map(
        (target) =>
          notifications[idOfNotification({ ...key, target, generation: watch.generation })]?.delivery ??
          unattempted(target),
      );
      const conclusion = kept?.conclusion ?? null;
      return { watch, context, callbacks, conclusion, tree: kept?.tree ?? row.tree, deliveries };
    },

    async overdue(now, limit) {
      return Object.entries(watches)
        .flatMap(([id, { dueAt }]) => (dueAt === null || dueAt >= now ? [] : [{ ...keyOf(id), dueAt }]))
        .sort((a, b) => a.dueAt - b.dueAt)
        .slice(0, limit);
    },

    async reschedule(entry, dueAt) {
      const row = watches[idOf(entry)];
      if (row === undefined || row.dueAt !== entry.dueAt) return "changed";
      watches[idOf(entry)] = { ...row, dueAt };
      return "moved";
    },

    async revisit(key, dueAt) {
      const row = watches[idOf(key)];
      if (row === undefined || (row.dueAt !== null && row.dueAt <= dueAt)) return;
      watches[idOf(key)] = { ...row, dueAt };
    },

    async recent(project, { limit, before }) {
      const newestFirst = Object.values(watches)
        .map(({ watch }) => watch)
        .filter((watch) => watch.project === project)
        .sort((a, b) => b.acceptedAt - a.acceptedAt || (a.jobId < b.jobId ? 1 : -1));
      const from = before === null ? null : readPageToken(before);
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
        next: last === undefined || rest.length === page.length ? null : pageToken(last),
      };
    },
  };
}
