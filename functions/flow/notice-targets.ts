import type { Config } from "../../lib/config.ts";
import type { Outcome } from "../../lib/job.ts";

/** A caller's own `callbackUrl` is a target with a name of this form, known to one watch only. */
export const CALLBACK_PREFIX = "callback:";

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
