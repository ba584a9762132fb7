import { type Caller, mayUse } from "../../lib/auth/caller-rights.ts";
import { isCallbackTargetName } from "../../lib/channels/webhook/target.ts";
import type { JobKey, WatchKey } from "../../lib/domain/job.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import type { Watch, WatchDocument } from "../../lib/ledger/watch.ts";
import type { WatchDelivery } from "../../lib/ledger/watch-deliveries-and-overdue-times.ts";

/**
 * Returns the caller's own watch of a job. If the caller has no watch of the job, returns the newest watch of any
 * caller. If nobody watches the job, the result is null.
 */
export async function readOwnOrNewestWatch(
  key: WatchKey,
  ledger: Pick<Ledger, "readWatchDocumentOrNull" | "listJobWatchesNewestFirst">,
): Promise<WatchDocument | null> {
  const own = await ledger.readWatchDocumentOrNull(key);
  if (own !== null) return own;
  const [newest] = await ledger.listJobWatchesNewestFirst(key);
  return newest === undefined ? null : ledger.readWatchDocumentOrNull(newest);
}

/**
 * Returns those of the given watches that are the caller's own watch of their job. If the caller has no watch of a job,
 * the result contains the newest watch of the job, provided that it is one of the given watches.
 * @param caller the name of the caller. For a reader without a token, `caller` is null
 */
export async function keepOwnOrNewestWatchOfEachJob(
  watches: readonly Watch[],
  caller: string | null,
  ledger: Pick<Ledger, "listJobWatchesNewestFirst">,
): Promise<readonly Watch[]> {
  const isVisible = async (watch: Watch): Promise<boolean> => {
    if (watch.caller === caller) return true;
    const all = await ledger.listJobWatchesNewestFirst(watch satisfies JobKey);
    const visible = all.find((other) => other.caller === caller) ?? all[0];
    return visible === undefined || visible.caller === watch.caller;
  };
  const visible = await Promise.all(watches.map(isVisible));
  return watches.filter((_, i) => visible[i]);
}

/**
 * Removes the parts of a watch that a caller may not see, such as targets that the caller may not use. For a watch of
 * another caller, the function also removes the context, the callbacks and the targets' responses.
 */
export function redactWatchForCaller(document: WatchDocument, caller: Caller): WatchDocument {
  const { watch, deliveries } = document;
  const isOwn = watch.caller === caller.name;
  const maySee = (target: string) =>
    isCallbackTargetName(target) ? isOwn : mayUse(caller, { project: watch.project, target });
  const visible = deliveries.filter(({ target }) => maySee(target));
  return {
    ...document,
    watch: { ...watch, targets: watch.targets.filter(maySee) },
    context: isOwn ? document.context : {},
    callbacks: isOwn ? document.callbacks : {},
    deliveries: isOwn ? visible : visible.map(withoutAnswers),
  };
}

function withoutAnswers(delivery: WatchDelivery): WatchDelivery {
  return { ...delivery, history: delivery.history.map((attempt) => ({ ...attempt, answer: "" })) };
}
