import type { Instant } from "../job.ts";

/** Counts of ended jobs by duration bucket; which bucket means what is the schedule's business. */
export interface DurationLedger {
  /** Counts one ended job. What an epoch has counted is forgotten some time after `expiresAt`, by its latest entry. */
  addDuration(entry: {
    readonly project: string;
    readonly jobType: string;
    readonly bucket: number;
    readonly epoch: number;
    readonly expiresAt: Instant;
  }): Promise<void>;
  readDurations(project: string, jobType: string): Promise<readonly DurationCount[]>;
}

export interface DurationCount {
  /** The period (see poll/durations) in which these jobs ended: old ones weigh less. */
  readonly epoch: number;
  readonly bucket: number;
  readonly count: number;
}
