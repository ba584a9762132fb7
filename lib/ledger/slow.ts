import type { Instant, WatchGeneration } from "../domain/job.ts";
import type { SlowSummary } from "../domain/slow-summary.ts";
import type { SubJobDurations } from "../schedule/subjob-durations.ts";

/** The ledger of slow jobs. Only watches with a target whose `on` names `slow` use it. */
export interface SlowLedger {
  /** Stores the summary of a slow job, unless this watch generation has a summary already. Returns the stored summary. */
  saveSlowOnce(generation: WatchGeneration, summary: SlowSummary, expiresAt: Instant): Promise<SlowSummary>;
  readSlow(generation: WatchGeneration): Promise<SlowSummary | null>;
  /** Returns an empty object if no durations are stored. */
  readSubJobDurations(project: string, jobType: string): Promise<SubJobDurations>;
  /** Replaces the durations of the subjobs of a job type. If two calls overlap, the later call wins. */
  saveSubJobDurations(
    project: string,
    jobType: string,
    durations: SubJobDurations,
    expiresAt: Instant,
  ): Promise<void>;
}
