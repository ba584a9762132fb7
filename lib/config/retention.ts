import type { Instant } from "../domain/job.ts";

const DAY_MS = 86_400_000;
/** The default value of `settings.retentionDays`: the number of days for which the ledger keeps an ended watch. */
export const DEFAULT_RETENTION_DAYS = 30;
/** A message stays in its queue, or in the dead-letter queue, for at most 14 days. */
const QUEUE_RETENTION_MS = 14 * DAY_MS;
/** The maximum time for which a notification waits because the target throttles the service or has a rate limit. */
const THROTTLED_MS = DAY_MS;
/** Random jitter makes each delay of the retry schedule at most 20 % longer. */
const MAX_JITTER_FACTOR = 1.2;

/** The settings on which the retention of the items of a watch depends. */
interface RetentionSettings {
  readonly retentionDays: number;
  readonly retry: { readonly scheduleSeconds: readonly number[] };
}

/**
 * Returns the time after which the ledger may delete the items of a watch. The ledger keeps the items of a watch for
 * `retentionDays`, or longer if a queue or a dead-letter queue can still contain a message of the watch.
 * @param retentionStartsAt the time from which `retentionDays` counts: the deadline of the watch, the end of the watch,
 * or the latest delivery attempt.
 */
export function computeLedgerExpiryTime(
  retentionStartsAt: Instant,
  { retentionDays, retry }: RetentionSettings,
): Instant {
  const scheduleSeconds = retry.scheduleSeconds.reduce((sum, seconds) => sum + seconds, 0);
  const longestMs = QUEUE_RETENTION_MS + THROTTLED_MS + scheduleSeconds * 1000 * MAX_JITTER_FACTOR;
  return retentionStartsAt + Math.max(retentionDays * DAY_MS, longestMs);
}
