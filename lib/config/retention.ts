import type { Instant } from "../domain/job.ts";

const DAY_MS = 86_400_000;
/** The default of `settings.retentionDays`. */
export const DEFAULT_RETENTION_DAYS = 30;
/** A message stays in a queue for at most 14 days. */
const QUEUE_RETENTION_MS = 14 * DAY_MS;
/** The longest time for which throttling or a rate limit delays a notification. */
const THROTTLED_MS = DAY_MS;
/** The random part makes each delay at most 20 % longer. */
const MAX_JITTER_FACTOR = 1.2;

/** The settings that determine how long a watch is stored. */
interface RetentionSettings {
  readonly retentionDays: number;
  readonly retry: { readonly scheduleSeconds: readonly number[] };
}

/**
 * Returns the time after which a watch may be deleted. The time is at least `retentionDays` after `retentionStartsAt`.
 * A watch is never deleted while a queue can still contain one of its messages.
 * @param retentionStartsAt the deadline or the end of the watch, or the latest delivery attempt.
 */
export function computeLedgerExpiryTime(
  retentionStartsAt: Instant,
  { retentionDays, retry }: RetentionSettings,
): Instant {
  const scheduleSeconds = retry.scheduleSeconds.reduce((sum, seconds) => sum + seconds, 0);
  const longestMs = QUEUE_RETENTION_MS + THROTTLED_MS + scheduleSeconds * 1000 * MAX_JITTER_FACTOR;
  return retentionStartsAt + Math.max(retentionDays * DAY_MS, longestMs);
}
