import type { Ledger } from "../../lib/ledger/ledger.ts";
import type { NotificationKey } from "../../lib/ledger/notification.ts";
import { CALLER } from "./draw-inputs.ts";

/** All callers of a job share the watch of the first caller. */
export function sharedWatch(ledger: Ledger): Ledger {
  return {
    ...ledger,
    startOrExtendWatch: (watch) => ledger.startOrExtendWatch({ ...watch, caller: CALLER }),
    stopWatch: (key, at, expiresAt) => ledger.stopWatch({ ...key, caller: CALLER }, at, expiresAt),
  };
}

/** A stop ends the watches of all callers. */
export function stopForAll(ledger: Ledger): Ledger {
  return {
    ...ledger,
    async stopWatch(key, at, expiresAt) {
      for (const { project, jobId, caller } of await ledger.listJobWatchesNewestFirst(key))
        if (caller !== key.caller) await ledger.stopWatch({ project, jobId, caller }, at, expiresAt);
      return ledger.stopWatch(key, at, expiresAt);
    },
  };
}

/** The notification key contains no target, so all targets of a job share one notification. */
export function keyWithoutTarget(ledger: Ledger): Ledger {
  const shared = (key: NotificationKey): NotificationKey => ({ ...key, target: "" });
  return {
    ...ledger,
    claimNotification: (claim) => ledger.claimNotification({ ...claim, key: shared(claim.key) }),
    recordAttemptIfClaimed: (record) => ledger.recordAttemptIfClaimed({ ...record, key: shared(record.key) }),
    postponeNotificationAndEndLease: (wait) =>
      ledger.postponeNotificationAndEndLease({ ...wait, key: shared(wait.key) }),
  };
}

/** The generation in each notification key is the generation of the watch, although another watch was restarted. */
export function ownGeneration(ledger: Ledger): Ledger {
  return {
    ...ledger,
    async readWatchDocumentOrNull(key) {
      const document = await ledger.readWatchDocumentOrNull(key);
      return document && { ...document, generations: {} };
    },
  };
}

/** A call confirms the later deadline, but the earlier deadline remains in the ledger. */
export function earlierDeadline(ledger: Ledger): Ledger {
  return {
    ...ledger,
    async startOrExtendWatch(wanted) {
      const found = (await ledger.readWatchDocumentOrNull(wanted))?.watch;
      if (found?.state !== "watching") return ledger.startOrExtendWatch(wanted);
      const deadlineAt = Math.min(found.deadlineAt, wanted.deadlineAt);
      const opened = await ledger.startOrExtendWatch({ ...wanted, deadlineAt });
      if (opened.kind !== "already_watching") return opened;
      return { ...opened, watch: { ...opened.watch, deadlineAt: wanted.deadlineAt } };
    },
  };
}
