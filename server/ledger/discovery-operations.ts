import { MIN_JOB_LIST_INTERVAL_MS } from "../../lib/config/projects.ts";
import type { DiscoveryLedger } from "../../lib/ledger/ledger.ts";
import type { Store } from "../store/store.ts";
import { readRecord, updateRecord, writeRecord } from "./rows.ts";

/**
 * The number of milliseconds for which the discovery state of a project is stored after the last read of its job list.
 */
const RETENTION_MS = 30 * 24 * 3_600_000;

export function createDiscoveryOperations(store: Store): DiscoveryLedger {
  return {
    claimDiscoveryIfDueOrRequested: (project, now, intervalMs) =>
      store.write(() => {
        const before = readRecord(store, "discovery", project);
        const waitMs =
          before?.requested === true ? Math.min(intervalMs, MIN_JOB_LIST_INTERVAL_MS) : intervalMs;
        if (before !== null && before.listedAt > now - waitMs) return null;
        const { listedAt: previousTryAt, ...kept } = before ?? {
          listedAt: null,
          switchedOnAt: null,
          succeededAt: now,
          skippedJobIds: [],
        };
        const claimed = { ...kept, listedAt: now, requested: false };
        writeRecord(store, "discovery", project, claimed, now + RETENTION_MS);
        const { switchedOnAt, succeededAt, skippedJobIds } = claimed;
        return { switchedOnAt, succeededAt, skippedJobIds, previousTryAt };
      }),

    requestDiscoverySoon: (project) =>
      store.write(() => {
        const found = readRecord(store, "discovery", project);
        if (found !== null) updateRecord(store, "discovery", project, { ...found, requested: true });
      }),

    saveDiscoveryIfUnchanged: (project, claimedAt, { switchedOnAt, succeededAt, skippedJobIds }) =>
      store.write(() => {
        const found = readRecord(store, "discovery", project);
        if (found === null || ![null, claimedAt, switchedOnAt].includes(found.switchedOnAt)) return;
        const saved = { ...found, switchedOnAt, succeededAt, skippedJobIds: skippedJobIds.toSorted() };
        updateRecord(store, "discovery", project, saved);
      }),

    saveSmnMessageIdOnce: (messageId, expiresAt) =>
      store.write(() => {
        if (readRecord(store, "message", messageId) !== null) return false;
        writeRecord(store, "message", messageId, {}, expiresAt);
        return true;
      }),

    hasSmnMessageId: async (messageId) => readRecord(store, "message", messageId) !== null,
  };
}
