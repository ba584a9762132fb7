/** Counts of ended jobs by duration bucket; which bucket means what is the schedule's business. */
export interface DurationLedger {
  addDuration(entry: { project: string; jobType: string; bucket: number; epoch: number }): Promise<void>;
  readDurations(project: string, jobType: string): Promise<readonly DurationCount[]>;
}

export interface DurationCount {
  /** The period (see poll/durations) in which these jobs ended: old ones weigh less. */
  readonly epoch: number;
  readonly bucket: number;
  readonly count: number;
}
