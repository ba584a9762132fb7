import { createExpiringCache } from "../../lib/domain/expiring-cache.ts";
import type { Instant } from "../../lib/domain/job.ts";
import type { DurationLedger } from "../../lib/ledger/ledger.ts";
import { log } from "../../lib/runtime/log.ts";
import type { DurationCount } from "../../lib/schedule/duration-counts.ts";

/**
 * The time for which a Lambda instance keeps learned durations (how long ended jobs took) in memory. In five minutes,
 * the learned durations change little. Each read of the durations costs read units.
 */
const MAX_AGE_MS = 300_000;

/**
 * Returns the learned durations of one type of job in a project. Returns an empty array when the type of the job is
 * unknown.
 * @param maxAgeMs the maximum age of the durations in memory, if this maximum is shorter than the usual time
 */
export type ReadLearnedDurations = (
  project: string,
  jobType: string | null,
  maxAgeMs?: number,
) => Promise<readonly DurationCount[]>;

/**
 * Creates a reader that keeps the learned durations of the ledger in memory for five minutes. When the ledger cannot be
 * read, the reader calls `onUnread` and returns an empty array. With an empty array, the poll schedule uses only its
 * built-in durations.
 * @param onUnread receives the error of an unreadable ledger. By default, the error is logged.
 */
export function createCachedDurationsReaderOrEmpty(
  ledger: Pick<DurationLedger, "readDurationCounts">,
  now: () => Instant,
  onUnread: (error: unknown) => void = logUnread,
): ReadLearnedDurations {
  const cache = createExpiringCache({
    maxAgeMs: MAX_AGE_MS,
    now,
    load: (key) => {
      // The key consists of the project, a line break and the job type. The name of a project never contains a line
      // break.
      const end = key.indexOf("\n");
      return ledger.readDurationCounts(key.slice(0, end), key.slice(end + 1));
    },
  });
  return async (project, jobType, maxAgeMs) => {
    if (jobType === null) return [];
    try {
      return await cache.get(`${project}\n${jobType}`, maxAgeMs);
    } catch (error) {
      onUnread(error);
      return [];
    }
  };
}

function logUnread(error: unknown): void {
  log.error("durations unread", {}, error);
}
