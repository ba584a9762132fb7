import type { Instant } from "../domain/job.ts";
import type { DurationCount } from "../schedule/duration-buckets.ts";

/** Counts of ended jobs by duration bucket; which bucket means what is the schedule's business. */
export interface DurationLedger {
  /** Counts one ended job. It is forgotten some time after `expiresAt`, at the earliest. */
  addDuration(entry: {
    readonly project: string;
    readonly jobType: string;
    readonly bucket: number;
    readonly day: number;
    readonly expiresAt: Instant;
  }): Promise<void>;
  readDurations(project: string, jobType: string): Promise<readonly DurationCount[]>;
}
