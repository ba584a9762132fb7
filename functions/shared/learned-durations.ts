import { createExpiringCache } from "../../lib/domain/expiring-cache.ts";
import type { Clock } from "../../lib/domain/job.ts";
import type { DurationLedger } from "../../lib/ledger/ledger.ts";
import { log } from "../../lib/runtime/log.ts";
import type { DurationCount } from "../../lib/schedule/duration-counts.ts";

/**
 * The time for which a Lambda instance stores the durations of ended jobs in memory. In five minutes, the stored
 * durations change only a little. Each read of the durations from DynamoDB costs money.
 */
const MAX_AGE_MS = 300_000;

/**
 * Returns the durations of ended jobs of one type in a project. If the job type is unknown, the result is an empty
 * array.
 * @param maxAgeMs the maximum age of the durations for this call, in milliseconds. A maximum age above five minutes has
 * no effect
 */
export type ReadLearnedDurations = (
  project: string,
  jobType: string | null,
  maxAgeMs?: number,
) => Promise<readonly DurationCount[]>;

/**
 * Creates a function that returns the durations of ended jobs. The function reads the durations from the ledger, and
 * stores them in memory for five minutes. If the ledger cannot be read, the function calls `onUnread` and returns an
 * empty array. If the array is empty, the service plans polls with the default durations in its code.
 * @param onUnread is called with the error if the ledger cannot be read.
 */
export function createCachedDurationsReaderOrEmpty(
  ledger: Pick<DurationLedger, "readDurationCounts">,
  now: Clock,
  onUnread: (error: unknown) => void = logUnread,
): ReadLearnedDurations {
  const cache = createExpiringCache({
    maxAgeMs: MAX_AGE_MS,
    now,
    load: (key) => {
      // A key of the cache consists of the project, a line break, and the job type. Names of projects contain no line
      // breaks.
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
