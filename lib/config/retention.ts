import type { Instant } from "../domain/job.ts";

const DAY_MS = 86_400_000;
/** The default value of the setting `retentionDays`. */
export const DEFAULT_RETENTION_DAYS = 30;
/** SQS keeps a message for at most 14 days. */
const QUEUE_RETENTION_MS = 14 * DAY_MS;
/** Throttled attempts and the rate limit of a target can delay a notification by at most `THROTTLED_MS`. */
const THROTTLED_MS = DAY_MS;
/**
 * The delay before a delivery attempt contains a random part, so it may be up to 20 % longer than in the retry
 * schedule.
 */
const MAX_JITTER_FACTOR = 1.2;

/** The settings from which the service computes how long the ledger stores a watch. */
interface RetentionSettings {
  readonly retentionDays: number;
  readonly retry: { readonly scheduleSeconds: readonly number[] };
}

/**
 * Returns the time after which the ledger may delete a watch. The ledger keeps the watch for at least `retentionDays`
 * days after `retentionStartsAt`. If a queue may contain a message of the watch for longer, the ledger keeps the watch
 * for this longer time.
 * @param retentionStartsAt the deadline of the watch, the end of the watch, or its latest delivery attempt.
 */
export function computeExpiryAsLaterOfRetentionAndRetries(
  retentionStartsAt: Instant,
  { retentionDays, retry }: RetentionSettings,
): Instant {
  const scheduleSeconds = retry.scheduleSeconds.reduce((sum, seconds) => sum + seconds, 0);
  const longestMs = QUEUE_RETENTION_MS + THROTTLED_MS + scheduleSeconds * 1000 * MAX_JITTER_FACTOR;
  return retentionStartsAt + Math.max(retentionDays * DAY_MS, longestMs);
}
