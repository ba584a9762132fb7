import type { Config } from "../../lib/config/config.ts";
import type { Outcome, WatchKey } from "../../lib/domain/job.ts";
import type { Digest } from "../../lib/ledger/ledger.ts";
import type { NotificationKey } from "../../lib/ledger/notification.ts";

/** The ledger stores digests and alerts about targets under these names. The name of a real project has no colon. */
export const DIGEST_PROJECT = ":digest";
export const TARGET_PROJECT = ":target";

/** Returns the key of a digest's notification to one target. */
export function digestKey(digestId: string, target: string): NotificationKey {
  return { project: DIGEST_PROJECT, jobId: digestId, generation: 0, target };
}

/**
 * Selects the targets of a watch whose `on` lists the outcome. A target that is no longer in the config is selected as
 * well: its notification ends in the dead-letter queue, where an operator finds it.
 * @param watch.digestTargets the targets of the watch's digest, as `digestTargetsOf` returns them
 * @returns `own`: the targets that get a notification about this watch alone. `byDigest`: the chats that get one digest
 * about all jobs of the call.
 */
export function notificationTargets(
  watch: { readonly targets: readonly string[]; readonly digestTargets: readonly string[] },
  outcome: Outcome,
  targets: Config["targets"],
) {
  const selected = watch.targets.filter((name) => targets[name]?.on.includes(outcome) ?? true);
  return {
    own: selected.filter((name) => !watch.digestTargets.includes(name)),
    byDigest: selected.filter((name) => watch.digestTargets.includes(name)),
  };
}

/**
 * Returns the targets that a digest notifies about this watch, and no target when the watch is not a member of the
 * digest. A watch can name a digest without being its member: when the answer of the ledger to the opening of the
 * watch is lost, the digest is created without this watch.
 */
export function digestTargetsOf(digest: Digest | null, { project, jobId }: WatchKey): readonly string[] {
  const isMember = digest?.members.some((member) => member.project === project && member.jobId === jobId);
  return digest !== null && isMember === true ? digest.targets : [];
}
