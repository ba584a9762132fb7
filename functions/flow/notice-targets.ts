import type { Config } from "../../lib/config.ts";
import type { Outcome, WatchKey } from "../../lib/job.ts";
import type { Digest } from "../../lib/ledger/digest-ledger.ts";
import type { NoticeLedger } from "../../lib/ledger/notice-ledger.ts";
import type { NoticeMessage } from "../../lib/message.ts";

/** Which of a watch's targets are told by a notice of their own, and which by the digest of its call. */
export interface NoticeTargets {
  readonly own: readonly string[];
  readonly byDigest: readonly string[];
}

/**
 * Who hears of an outcome: the watch's targets whose `on` names it. A target that the config no longer knows
 * stays in: its notice ends in the dead-letter queue, where somebody sees it, rather than nowhere. A chat that joined
 * the watch after its call was answered is none of the digest's, and hears of the watch alone.
 */
export function noticeTargets(
  told: {
    readonly targets: readonly string[];
    /** The chats that the watch's digest tells; none where there is no digest. */
    readonly digestTargets: readonly string[];
  },
  outcome: Outcome,
  targets: Config["targets"],
): NoticeTargets {
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
 * Whether a target's `on` leaves this outcome out, and nobody asked for it by a redelivery: `poll` sends to a target it does not
 * know yet whatever the outcome. A notice that has been attempted goes on to its end, so that it never stands as pending.
 */
export async function isUnasked(
  message: NoticeMessage,
  outcome: Outcome,
  { config, ledger }: { readonly config: Config; readonly ledger: Pick<NoticeLedger, "readDelivery"> },
): Promise<boolean> {
  if (message.redelivery > 0 || (config.targets[message.target]?.on.includes(outcome) ?? true)) return false;
  return (await ledger.readDelivery(message)).history.length === 0;
}

/**
 * The chats that a digest tells of this watch. None where the watch is not among its members: a call whose answer
 * from the ledger was lost opens a watch that it believes it has not.
 */
export function digestTargetsOf(digest: Digest | null, { project, jobId }: WatchKey): readonly string[] {
  const isMember = digest?.members.some((member) => member.project === project && member.jobId === jobId);
  return digest !== null && isMember === true ? digest.targets : [];
}
