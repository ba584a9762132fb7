import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";

/** Every metric the product gives, with its unit and the dimensions it may carry. */
const UNITS = {
  Accepted: MetricUnit.Count,
  Polls: MetricUnit.Count,
  /** 1 for a poll that CCE refused or did not answer, else 0: their mean is the share of such polls. */
  PollsWithoutJob: MetricUnit.Count,
  PollLatenessSeconds: MetricUnit.Seconds,
  LagSeconds: MetricUnit.Seconds,
  Concluded: MetricUnit.Count,
  Stopped: MetricUnit.Count,
  Notifications: MetricUnit.Count,
  Attempts: MetricUnit.Count,
  /** Of all attempts, those that spent a place in the schedule and did not deliver; waiting out a 429 is none. */
  AttemptsFailed: MetricUnit.Count,
  AttemptMilliseconds: MetricUnit.Milliseconds,
  DeadLetters: MetricUnit.Count,
  LedgerConflicts: MetricUnit.Count,
  SweepFound: MetricUnit.Count,
  /** The notifications among what a run of the sweep found; given only by runs that found some. */
  NotificationsOverdue: MetricUnit.Count,
  TargetGone: MetricUnit.Count,
  ConfigInvalid: MetricUnit.Count,
  /** What a run of the sweep could not look after: it failed, or time ran out first. */
  SweepLeft: MetricUnit.Count,
  RecordsFailed: MetricUnit.Count,
  LiveWatches: MetricUnit.Count,
  /** accepted − concluded − stopped − live: what was promised and is not followed. 0, always. */
  AuditDiscrepancy: MetricUnit.Count,
} as const;
export type MetricName = keyof typeof UNITS;
export const METRICS: readonly string[] = Object.keys(UNITS);

/** Dimensions have few values by construction: kinds, verdicts, outcomes; never names or IDs. */
export type Dimensions = Readonly<Record<string, string>>;

export interface Meter {
  add(name: MetricName, value: number, dimensions?: Dimensions): void;
}

/** One for every set of dimensions: what an invocation counts for one set is written as one record, not as many. */
const bySet = new Map<string, Metrics>();

export const meter: Meter = {
  add(name, value, dimensions = {}) {
    const set = JSON.stringify(dimensions);
    let metrics = bySet.get(set);
    if (metrics === undefined) {
      metrics = new Metrics({ defaultDimensions: { ...dimensions } });
      bySet.set(set, metrics);
    }
    metrics.addMetric(name, UNITS[name], value);
  },
};

/** Writes what was counted; once at the end of every invocation. */
export function publishMetrics(): void {
  for (const metrics of bySet.values()) if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
}
