import type { Instant } from "../../lib/domain/job.ts";
import type { DurationCount, DurationLedger } from "../../lib/ledger/duration-ledger.ts";

/** What was learned changes slowly; each instance reads it at most this often per kind of job. */
const KEEP_MS = 600_000;

export type Durations = (project: string, jobType: string | null) => Promise<readonly DurationCount[]>;

/**
 * The learned durations of a project's jobs of one type, kept for ten minutes. That they cannot be read makes a
 * poll less well timed, never fail: then the prior alone decides, and the next poll tries again.
 */
export function createDurations(
  ledger: Pick<DurationLedger, "readDurations">,
  now: () => Instant,
  onFault: (error: unknown) => void,
): Durations {
  const kept = new Map<
    string,
    { readonly at: Instant; readonly counts: Promise<readonly DurationCount[]> }
  >();
  return async (project, jobType) => {
    if (jobType === null) return [];
    const id = `${project}\n${jobType}`;
    let entry = kept.get(id);
    if (entry === undefined || now() - entry.at >= KEEP_MS) {
      entry = { at: now(), counts: ledger.readDurations(project, jobType) };
      kept.set(id, entry);
    }
    try {
      return await entry.counts;
    } catch (error) {
      kept.delete(id);
      onFault(error);
      return [];
    }
  };
}
