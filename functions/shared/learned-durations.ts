import { createExpiringCache } from "../../lib/domain/expiring-cache.ts";
import type { Instant } from "../../lib/domain/job.ts";
import type { DurationLedger } from "../../lib/ledger/ledger.ts";
import { log } from "../../lib/runtime/log.ts";
import type { DurationCount } from "../../lib/schedule/duration-buckets.ts";

/** Learned durations change slowly. An instance reads them at most this often per project and job type. */
const MAX_AGE_MS = 600_000;

/** Returns the learned durations of a project's jobs of one type; nothing for a job whose type is not known. */
export type LearnedDurations = (project: string, jobType: string | null) => Promise<readonly DurationCount[]>;

/**
 * Reads learned durations from the ledger and keeps them for ten minutes. When the ledger cannot be read, calls
 * `onUnread`, by default to log the error, and returns nothing: the schedule then uses its prior alone. The next call
 * reads again.
 */
export function createLearnedDurations(
  ledger: Pick<DurationLedger, "readDurations">,
  now: () => Instant,
  onUnread: (error: unknown) => void = logUnread,
): LearnedDurations {
  const cache = createExpiringCache({
    maxAgeMs: MAX_AGE_MS,
    now,
    load: (key) => {
      // The name of a project contains no line break.
      const end = key.indexOf("\n");
      return ledger.readDurations(key.slice(0, end), key.slice(end + 1));
    },
  });
  return async (project, jobType) => {
    if (jobType === null) return [];
    try {
      return await cache.get(`${project}\n${jobType}`);
    } catch (error) {
      onUnread(error);
      return [];
    }
  };
}

function logUnread(error: unknown): void {
  log.error("durations unread", {}, error);
}
