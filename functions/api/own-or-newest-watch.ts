import { type Caller, mayUse } from "../../lib/auth/caller-rights.ts";
import { isCallbackTargetName } from "../../lib/channels/webhook/target.ts";
import type { JobKey, WatchKey } from "../../lib/domain/job.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import type { Watch, WatchDocument } from "../../lib/ledger/watch.ts";
import type { WatchDelivery } from "../../lib/ledger/watch-deliveries-and-overdue-times.ts";

/** Returns the caller's own watch of a job, else the newest one. If the job has no watch, the result is null. */
export async function readOwnOrNewestWatch(
  key: WatchKey,
  ledger: Pick<Ledger, "readWatch" | "listJobWatches">,
): Promise<WatchDocument | null> {
  const own = await ledger.readWatch(key);
  if (own !== null) return own;
  const [newest] = await ledger.listJobWatches(key);
  return newest === undefined ? null : ledger.readWatch(newest);
}

/**
 * Selects for each job the watch that a list shows: the caller's own watch, or else the newest watch of the job.
 * @param caller the caller, or null for a reader without a token
 */
export async function selectOwnOrNewestWatches(
  watches: readonly Watch[],
  caller: string | null,
  ledger: Pick<Ledger, "listJobWatches">,
): Promise<readonly Watch[]> {
  const isVisible = async (watch: Watch): Promise<boolean> => {
    if (watch.caller === caller) return true;
    const all = await ledger.listJobWatches(watch satisfies JobKey);
    const visible = all.find((other) => other.caller === caller) ?? all[0];
    return visible === undefined || visible.caller === watch.caller;
  };
  const visible = await Promise.all(watches.map(isVisible));
  return watches.filter((_, i) => visible[i]);
}

/**
 * Removes from a watch what a caller may not see, such as other targets. From another caller's watch, the context, the
 * callbacks and the receivers' answers are removed too.
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
