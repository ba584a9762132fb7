import type { Instant } from "../domain/job.ts";
import type { Settings } from "./settings.ts";

const DAY_MS = 86_400_000;
/** So long a message may wait in its queue, while nobody takes it, and a dead letter in its own. */
const QUEUE_MS = 14 * DAY_MS;
/** What a notification may wait beside its schedule: for a receiver that throttles, and for its turn in a target's pace. */
const THROTTLED_MS = DAY_MS;
/** Waits come out up to a fifth longer than the schedule says. */
const LONGEST_WAIT = 1.2;

/**
 * Until when the ledger keeps what belongs to a watch, counted from its deadline, its end, or the latest attempt to tell
 * of it: for `retentionDays`, but never so short that it is gone while its poll or its notification is still on its way, or
 * while its dead letter may still be sent again.
 */
export function keptUntil(
  from: Instant,
  { retentionDays, retry }: Pick<Settings, "retentionDays" | "retry">,
): Instant {
  const scheduleSeconds = retry.scheduleSeconds.reduce((sum, seconds) => sum + seconds, 0);
  const owedMs = QUEUE_MS + THROTTLED_MS + scheduleSeconds * 1000 * LONGEST_WAIT;
  return from + Math.max(retentionDays * DAY_MS, owedMs);
}
