import type { Instant } from "../domain/job.ts";
import type { Settings } from "./settings.ts";

const DAY_MS = 86_400_000;
/** A message stays in its queue, or in the dead-letter queue, for at most 14 days. */
const QUEUE_RETENTION_MS = 14 * DAY_MS;
/** A notification can wait this long for a target that throttles it, and for the rate limit of the target. */
const THROTTLED_MS = DAY_MS;
/** A wait of the retry schedule is at most 20 % longer than the schedule says. */
const MAX_JITTER_FACTOR = 1.2;

/**
 * Returns when the ledger may delete the items of a watch: after `retentionDays`, but never while a message of the watch
 * can still be in a queue or in a dead-letter queue.
 * @param from the deadline of the watch, its end, or its latest attempt.
 */
export function computeLedgerExpiryTime(
  from: Instant,
  { retentionDays, retry }: Pick<Settings, "retentionDays" | "retry">,
): Instant {
  const scheduleSeconds = retry.scheduleSeconds.reduce((sum, seconds) => sum + seconds, 0);
  const longestMs = QUEUE_RETENTION_MS + THROTTLED_MS + scheduleSeconds * 1000 * MAX_JITTER_FACTOR;
  return from + Math.max(retentionDays * DAY_MS, longestMs);
}
