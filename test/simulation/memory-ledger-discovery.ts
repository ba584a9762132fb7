import { MIN_JOB_LIST_INTERVAL_MS } from "../../lib/config/projects.ts";
import type { DiscoveryLedger } from "../../lib/ledger/ledger.ts";
import type { LedgerState } from "./memory-ledger-state.ts";

/** Returns the operations on the discovery of jobs. */
export function discoveryOperations({ discoveries, messages }: LedgerState): DiscoveryLedger {
  return {
    async claimDiscoveryIfDueOrRequested(project, now, intervalMs) {
      const before = discoveries[project];
      const waitMs = before?.requested === true ? Math.min(intervalMs, MIN_JOB_LIST_INTERVAL_MS) : intervalMs;
      if (before !== undefined && before.listedAt > now - waitMs) return null;
      const kept = before ?? { switchedOnAt: null, succeededAt: now, skippedJobIds: [] };
      discoveries[project] = { ...kept, listedAt: now, requested: false };
      const { switchedOnAt, succeededAt, skippedJobIds } = kept;
      return { switchedOnAt, succeededAt, skippedJobIds, previousTryAt: before?.listedAt ?? null };
    },

    async requestDiscoverySoon(project) {
      const found = discoveries[project];
      if (found !== undefined) discoveries[project] = { ...found, requested: true };
    },

    async saveDiscoveryIfUnchanged(project, claimedAt, { switchedOnAt, succeededAt, skippedJobIds }) {
      const found = discoveries[project];
      if (found === undefined || ![null, claimedAt, switchedOnAt].includes(found.switchedOnAt)) return;
      const saved = { switchedOnAt, succeededAt, skippedJobIds: skippedJobIds.toSorted() };
      discoveries[project] = { ...found, ...saved };
    },

    async saveSmnMessageIdOnce(messageId) {
      if (messages[messageId] === true) return false;
      messages[messageId] = true;
      return true;
    },

    async hasSmnMessageId(messageId) {
      return messages[messageId] === true;
    },
  };
}
