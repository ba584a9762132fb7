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
 * stays in: its notice ends in the dead-letter queue, where somebody sees it, rather than nowhere.
 */
export function noticeTargets(
  watch: { readonly targets: readonly string[]; readonly digestId: string | null },
  outcome: Outcome,
  targets: Config["targets"],
): NoticeTargets {
  const own: string[] = [];
  const byDigest: string[] = [];
  for (const name of watch.targets) {
    const target = targets[name];
    if (target !== undefined && !target.on.includes(outcome)) continue;
    const inDigest = watch.digestId !== null && target !== undefined && target.kind !== "webhook";
    (inDigest ? byDigest : own).push(name);
  }
  return { own, byDigest };
}
