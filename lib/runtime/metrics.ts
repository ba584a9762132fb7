import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";

/** All metrics of the product with their units. */
const UNITS = {
  Accepted: MetricUnit.Count,
  Polls: MetricUnit.Count,
  /** 1 for a poll that CCE refused or did not answer, else 0. The mean is the share of such polls. */
  PollsWithoutJob: MetricUnit.Count,
  PollLatenessSeconds: MetricUnit.Seconds,
  LagSeconds: MetricUnit.Seconds,
  Concluded: MetricUnit.Count,
  Stopped: MetricUnit.Count,
  Notifications: MetricUnit.Count,
  Attempts: MetricUnit.Count,
  /** Attempts that used a step of the retry schedule and did not deliver. A 429 uses no step. */
  AttemptsFailed: MetricUnit.Count,
  AttemptMilliseconds: MetricUnit.Milliseconds,
  DeadLetters: MetricUnit.Count,
  LedgerConflicts: MetricUnit.Count,
  /** Polls and notifications that a run of the sweep sent again. */
  SweepFound: MetricUnit.Count,
  /** Overdue notifications that a run of the sweep sent again. Written only when there are some. */
  NotificationsOverdue: MetricUnit.Count,
  TargetGone: MetricUnit.Count,
  ConfigInvalid: MetricUnit.Count,
  /** Reads of the config that failed, for example while SSM did not answer. The config itself may be valid. */
  ConfigUnreadable: MetricUnit.Count,
  /** Watches and targets for which a run of the sweep failed, and 1 more when its time ran out. */
  SweepFailures: MetricUnit.Count,
  RecordsFailed: MetricUnit.Count,
  LiveWatches: MetricUnit.Count,
  /** accepted − concluded − stopped − live. Any value but 0 means that watches were lost. */
  AuditDiscrepancy: MetricUnit.Count,
} as const;
export type MetricName = keyof typeof UNITS;
export const METRICS: readonly string[] = Object.keys(UNITS);

/** Dimensions have few values: kinds, verdicts, outcomes. They never contain names or IDs. */
export type Dimensions = Readonly<Record<string, string>>;

/** One instance per set of dimensions, so that each set is written as one record. */
const bySet = new Map<string, Metrics>();

export const meter = {
  add(name: MetricName, value: number, dimensions: Dimensions = {}): void {
    const set = JSON.stringify(dimensions);
    let metrics = bySet.get(set);
    if (metrics === undefined) {
      metrics = new Metrics({ defaultDimensions: { ...dimensions } });
      bySet.set(set, metrics);
    }
    metrics.addMetric(name, UNITS[name], value);
  },
};

/** Writes all metrics. Called once at the end of every invocation. */
export function publishMetrics(): void {
  for (const metrics of bySet.values()) if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
}
