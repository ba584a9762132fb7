import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";

/** All metrics of the product and their units. */
const UNITS = {
  Accepted: MetricUnit.Count,
  Polls: MetricUnit.Count,
  /** The value is 1 for a poll that CCE refused or did not answer, else 0. The mean is the share of failed polls. */
  PollsWithoutJob: MetricUnit.Count,
  PollLatenessSeconds: MetricUnit.Seconds,
  LagSeconds: MetricUnit.Seconds,
  Concluded: MetricUnit.Count,
  Stopped: MetricUnit.Count,
  Notifications: MetricUnit.Count,
  Attempts: MetricUnit.Count,
  /**
   * The number of delivery attempts that failed and used a step of the retry schedule. An HTTP 429 response uses no
   * step.
   */
  AttemptsFailed: MetricUnit.Count,
  AttemptMilliseconds: MetricUnit.Milliseconds,
  DeadLetters: MetricUnit.Count,
  LedgerConflicts: MetricUnit.Count,
  /** The number of polls and notifications that a run of the sweep sent again. */
  SweepFound: MetricUnit.Count,
  /**
   * The number of overdue notifications that a run of the sweep sent again. A run without overdue notifications does
   * not write the metric.
   */
  NotificationsOverdue: MetricUnit.Count,
  TargetGone: MetricUnit.Count,
  ConfigInvalid: MetricUnit.Count,
  /** The number of failed reads of the config, for example when SSM did not respond. The config itself may be valid. */
  ConfigUnreadable: MetricUnit.Count,
  /**
   * The number of watches and targets for which a run of the sweep failed. The number is higher by 1 if the time was
   * over before the run finished.
   */
  SweepFailures: MetricUnit.Count,
  RecordsFailed: MetricUnit.Count,
  LiveWatches: MetricUnit.Count,
  /** The result of accepted − concluded − stopped − live. Any value except 0 means that watches were lost. */
  AuditDiscrepancy: MetricUnit.Count,
} as const;
export type MetricName = keyof typeof UNITS;
export const METRICS: readonly string[] = Object.keys(UNITS);

/**
 * The dimensions of a metric. Dimensions have few values, such as kinds, verdicts and outcomes. Dimensions never
 * contain names or IDs.
 */
export type Dimensions = Readonly<Record<string, string>>;

/** One Metrics object for each set of dimensions, so that each set is written as one record. */
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

/** Writes all metrics. Every invocation writes its metrics once before the invocation ends. */
export function publishMetrics(): void {
  for (const metrics of bySet.values()) if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
}
