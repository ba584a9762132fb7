import type { PollSettings } from "../../lib/config/settings.ts";
import type { Instant } from "../../lib/domain/job.ts";
import type { DurationLedger } from "../../lib/ledger/duration-ledger.ts";
import { ANY_TYPE, type DurationCount } from "../../lib/schedule/duration-buckets.ts";
import { firstDelaySeconds } from "../../lib/schedule/poll-delay.ts";
import { createLearnedDurations } from "../shared/learned-durations.ts";

/** A call of more jobs than this waits for no reading: it goes by what smaller ones have read. */
const SMALL_CALL = 10;

/**
 * When to poll first at a project's new job, in seconds: by what is known of all its jobs together, because nobody
 * has seen this one's type yet. It costs one read per project, instance and ten minutes, and never fails. A large
 * call costs none, so that it asks the ledger for no more than its jobs.
 */
export function firstPoll(
  ledger: Pick<DurationLedger, "readDurations">,
  now: () => Instant,
  random: () => number,
  onFault: (error: unknown) => void,
): (poll: PollSettings, project: string, jobs: number) => Promise<number> {
  const known = createLearnedDurations(ledger, now, onFault);
  const latest = new Map<string, readonly DurationCount[]>();
  return async (poll, project, jobs) => {
    if (jobs <= SMALL_CALL) latest.set(project, await known(project, ANY_TYPE));
    const durations = latest.get(project) ?? [];
    return firstDelaySeconds(poll, random, durations);
  };
}
