import type { Config } from "../../lib/config/config.ts";
import type { Outcome, WatchKey } from "../../lib/domain/job.ts";
import type { Digest } from "../../lib/ledger/ledger.ts";
import type { NotificationKey } from "../../lib/ledger/notification.ts";

/**
 * The names under which the ledger stores digests and alerts about targets. The name of a real project never contains a
 * colon.
 */
export const DIGEST_PROJECT = ":digest";
export const TARGET_PROJECT = ":target";

/** Returns the key of the notification that delivers a digest to one target. */
export function digestNotificationKey(digestId: string, target: string): NotificationKey {
  return { project: DIGEST_PROJECT, jobId: digestId, generation: 0, target };
}

/**
 * Selects the targets of a watch whose `on` lists the outcome. A target that was removed from the config is also
 * selected. The notification to a removed target goes to the dead-letter queue, so an operator can find the
 * notification.
 * @param watch.digestTargets the targets of the digest of the watch, as `findDigestTargets` returns them
 * @returns in `own`, the targets that get a notification about this watch alone; in `byDigest`, the chats that get one
 * digest about all jobs of the call
 */
export function selectNotificationTargets(
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
 * Returns the targets that get a digest about this watch. Returns an empty array when the watch is not a member of the
 * digest. A watch can refer to a digest without being a member. The reason is a lost response of the ledger to a new
 * watch: the digest is then created without the watch.
 */
export function findDigestTargets(digest: Digest | null, { project, jobId }: WatchKey): readonly string[] {
  const isMember = digest?.members.some((member) => member.project === project && member.jobId === jobId);
  return digest !== null && isMember === true ? digest.targets : [];
}
