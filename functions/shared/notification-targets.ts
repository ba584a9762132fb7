import type { Config } from "../../lib/config/config.ts";
import type { Outcome, WatchKey } from "../../lib/domain/job.ts";
import type { Digest } from "../../lib/ledger/digest-ledger.ts";

/** Digests and alerts about targets are kept in the ledger like notifications of a watch; no project has such a name. */
export const DIGEST_PROJECT = ":digest";
export const TARGET_PROJECT = ":target";

/** Which of a watch's targets are told by a notification of their own, and which by the digest of its call. */
export interface NotificationTargets {
  readonly own: readonly string[];
  readonly byDigest: readonly string[];
}

/**
 * Who hears of an outcome: the watch's targets whose `on` names it. A target that the config no longer knows
 * stays in: its notification ends in the dead-letter queue, where somebody sees it, rather than nowhere. A chat that joined
 * the watch after its call was answered is none of the digest's, and hears of the watch alone.
 */
export function notificationTargets(
  told: {
    readonly targets: readonly string[];
    /** The chats that the watch's digest tells; none where there is no digest. */
    readonly digestTargets: readonly string[];
  },
  outcome: Outcome,
  targets: Config["targets"],
): NotificationTargets {
  const own: string[] = [];
  const byDigest: string[] = [];
  for (const name of told.targets) {
    const target = targets[name];
    if (target !== undefined && !target.on.includes(outcome)) continue;
    (told.digestTargets.includes(name) ? byDigest : own).push(name);
  }
  return { own, byDigest };
}

/**
 * The chats that a digest tells of this watch. None where the watch is not among its members: a call whose answer
 * from the ledger was lost opens a watch that it believes it has not.
 */
export function digestTargetsOf(digest: Digest | null, { project, jobId }: WatchKey): readonly string[] {
  const isMember = digest?.members.some((member) => member.project === project && member.jobId === jobId);
  return digest !== null && isMember === true ? digest.targets : [];
}
