import type { Instant } from "../../lib/job.ts";
import type { DurationLedger } from "../../lib/ledger/duration-ledger.ts";
import { ANY_TYPE } from "../../lib/poll/durations.ts";
import { firstDelaySeconds } from "../../lib/poll/schedule.ts";
import type { PollSettings } from "../../lib/settings.ts";
import { createDurations } from "./durations.ts";

/**
 * When to look first at a project's new job, in seconds: by what is known of all its jobs together, because nobody
 * has seen this one's type yet. It costs one read per project, instance and ten minutes, and never fails.
 */
export function firstLook(
  ledger: Pick<DurationLedger, "readDurations">,
  now: () => Instant,
  random: () => number,
  onFault: (error: unknown) => void,
): (poll: PollSettings, project: string) => Promise<number> {
  const known = createDurations(ledger, now, onFault);
  return async (poll, project) => {
    const durations = await known(project, ANY_TYPE);
    return firstDelaySeconds(poll, random, { durations, now: now() });
  };
}
