import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";

export const UNITS = {
  Accepted: MetricUnit.Count,
  Polls: MetricUnit.Count,
  /**
   * 1 if CCE refused a poll or did not respond, and 0 for all other polls. The average of all values is the share of
   * failed polls.
   */
  PollsWithoutJob: MetricUnit.Count,
  /** Watches that ended because the function crashed in several tries of the same poll. */
  PollsGivenUp: MetricUnit.Count,
  PollLatenessSeconds: MetricUnit.Seconds,
  LagSeconds: MetricUnit.Seconds,
  /** The seconds from the end of a job to the first attempt to deliver a notification. */
  NotificationLatenessSeconds: MetricUnit.Seconds,
  Concluded: MetricUnit.Count,
  /** The number of ended watches of operations. The metric `Concluded` also counts these watches. */
  OperationsConcluded: MetricUnit.Count,
  Stopped: MetricUnit.Count,
  /**
   * Slow jobs about which the service notified targets. A job is slow if it takes longer than 19 of 20 jobs of its
   * type.
   */
  SlowJobs: MetricUnit.Count,
  /** Jobs that discovery (the search for new jobs) found and now watches. */
  JobsDiscovered: MetricUnit.Count,
  /**
   * How many seconds a complete list of a project's jobs is overdue. Discovery (the search for new jobs) needs such
   * lists. The service writes `ListOverdueSeconds` only if the list was not complete.
   */
  ListOverdueSeconds: MetricUnit.Seconds,
  /** Messages from SMN (Simple Message Notification of Huawei Cloud), by result. */
  Events: MetricUnit.Count,
  /** SMN messages that the service could not check or confirm, because SMN did not respond. */
  EventsFailed: MetricUnit.Count,
  ResourceQueriesRefused: MetricUnit.Count,
  Notifications: MetricUnit.Count,
  Attempts: MetricUnit.Count,
  /**
   * 1 if a delivery attempt failed, and 0 for all other attempts. If a target throttles an attempt, the value is 0. The
   * average of all values is the share of failed delivery attempts.
   */
  AttemptsFailed: MetricUnit.Count,
  AttemptMilliseconds: MetricUnit.Milliseconds,
  DeadLetters: MetricUnit.Count,
  LedgerConflicts: MetricUnit.Count,
  /** Poll messages and notifications that one run of the sweep function sent again. */
  SweepFound: MetricUnit.Count,
  /**
   * Overdue notifications that the service sent again. The sweep function and polls of slow jobs send notifications
   * again. The service writes `NotificationsOverdue` only if at least one notification was overdue.
   */
  NotificationsOverdue: MetricUnit.Count,
  TargetGone: MetricUnit.Count,
  ConfigInvalid: MetricUnit.Count,
  /** Failed reads of the config, for example because SSM did not respond. */
  ConfigUnreadable: MetricUnit.Count,
  /**
   * The number of watches and targets that one run of the sweep function could not check. A run that reached its time
   * limit adds one to the number. The service writes `SweepFailures` only after a failure.
   */
  SweepFailures: MetricUnit.Count,
  /**
   * 1 if a run of the sweep function or a poll of a slow job found a fault of the service. Examples of a fault: five
   * overdue messages, a message that is 15 minutes late, or a watch that the service could not check. If there is no
   * fault, the service does not write `FaultsFound`.
   */
  FaultsFound: MetricUnit.Count,
  RecordsFailed: MetricUnit.Count,
  /**
   * API responses with a status from 500 to 599. The service does not write `ServerErrors` for a response with a lower
   * status.
   */
  ServerErrors: MetricUnit.Count,
  LiveWatches: MetricUnit.Count,
  /**
   * The number of watches that the service has lost: all accepted watches, without the concluded, stopped and live
   * watches.
   */
  AuditDiscrepancy: MetricUnit.Count,
} as const;
export type MetricName = keyof typeof UNITS;
export const METRICS: readonly MetricName[] = Object.keys(UNITS).filter(isMetricName);

export function isMetricName(name: string): name is MetricName {
  return Object.hasOwn(UNITS, name);
}

/**
 * The dimensions of a metric, such as the outcome of a job. A dimension must have few possible values, so names and IDs
 * are not allowed.
 */
export type Dimensions = Readonly<Record<string, string>>;

const bySet = new Map<string, Metrics>();

type AddMetric = (name: MetricName, value: number, dimensions: Dimensions) => void;

let receiver: AddMetric = addToLog;

export const meter = {
  add(name: MetricName, value: number, dimensions: Dimensions = {}): void {
    receiver(name, value, dimensions);
  },
};

/** From now on, the service calls `add` for each metric and no longer writes metrics to its log. */
export function redirectMetricsTo(add: AddMetric): void {
  receiver = add;
}

/**
 * Two metrics for alarms on AWS. Each of the two metrics counts several rare faults, because CloudWatch charges an
 * alarm for each of its metrics. `GivenUp` counts messages, watches and targets for which the service does not try
 * again. `ConfigFaults` counts errors in the config and missing permissions of a project. Only an operator can correct
 * errors in the config or missing permissions.
 */
export const ALARM_METRICS = ["GivenUp", "ConfigFaults"] as const;

/** If the sum of `ConfigFaults` in an hour reaches `CONFIG_FAULTS_LIMIT`, the alarm fires. */
const CONFIG_FAULTS_LIMIT = 3;
/**
 * A list of jobs that is overdue for less than half an hour is not a fault yet. The reason: the next list of jobs may
 * succeed.
 */
const LIST_OVERDUE_LIMIT_SECONDS = 1800;

/**
 * Returns the alarm metric that also counts the value of the metric `name`, and the number to add to the alarm metric.
 * If no alarm metric counts the value, the result is null. The alarm fires after one invalid config, or if a list of
 * jobs is at least half an hour overdue. A failed event or a refused query may have a temporary reason, so the alarm
 * fires only after three failed events or refused queries.
 */
export function toAddendOfSharedAlarmMetricOrNull(
  name: MetricName,
  value: number,
): { readonly name: (typeof ALARM_METRICS)[number]; readonly value: number } | null {
  switch (name) {
    case "DeadLetters":
    case "PollsGivenUp":
    case "TargetGone":
      return { name: "GivenUp", value };
    case "ConfigInvalid":
      return { name: "ConfigFaults", value: value * CONFIG_FAULTS_LIMIT };
    case "ListOverdueSeconds":
      return value < LIST_OVERDUE_LIMIT_SECONDS ? null : { name: "ConfigFaults", value: CONFIG_FAULTS_LIMIT };
    case "EventsFailed":
    case "ResourceQueriesRefused":
      return { name: "ConfigFaults", value };
    default:
      return null;
  }
}

/**
 * AWS charges for each hour in which a metric has a value. The service does not write the value 0 of these metrics,
 * because no alarm needs it.
 */
const WITHOUT_ZEROS: ReadonlySet<MetricName> = new Set(["LiveWatches", "SweepFound", "AuditDiscrepancy"]);

function addToLog(name: MetricName, value: number, dimensions: Dimensions): void {
  if (value === 0 && WITHOUT_ZEROS.has(name)) return;
  // For a poll that found its job, the service does not write the metric `Polls`. The reason: AWS charges for each
  // byte, and `PollsWithoutJob` already counts every poll.
  if (name === "Polls" && dimensions.observation === "job") return;
  const set = JSON.stringify(dimensions);
  let metrics = bySet.get(set);
  if (metrics === undefined) {
    metrics = new Metrics({ defaultDimensions: { ...dimensions } });
    bySet.set(set, metrics);
  }
  metrics.addMetric(name, UNITS[name], value);
  const alarm = toAddendOfSharedAlarmMetricOrNull(name, value);
  if (alarm !== null) metrics.addMetric(alarm.name, MetricUnit.Count, alarm.value);
}

const { POWERTOOLS_METRICS_DISABLED = "false" } = process.env;
const IS_DISABLED = POWERTOOLS_METRICS_DISABLED === "true";

type MetricDirective = ReturnType<Metrics["serializeMetrics"]>["_aws"]["CloudWatchMetrics"][number];
interface MetricRecord {
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: (Omit<MetricDirective, "Metrics"> & {
      readonly Metrics: { Name: string }[];
    })[];
  };
  readonly [field: string]: unknown;
}

/**
 * Writes all metrics that an invocation has counted. Each invocation calls the function `publishMetrics` once, at the
 * end. AWS charges for each byte, so the function puts the values of several dimensions into one record.
 */
export function publishMetrics(): void {
  const records: MetricRecord[] = [];
  for (const metrics of bySet.values()) {
    if (!metrics.hasStoredMetrics()) continue;
    const record = withoutUnits(metrics.serializeMetrics());
    metrics.clearMetrics();
    const other = records.find((written) => canMerge(written, record));
    if (other === undefined) records.push(record);
    else mergeInto(other, record);
  }
  if (IS_DISABLED) return;
  for (const record of records) process.stdout.write(`${JSON.stringify(record)}\n`);
}

/** Removes the units of the metrics from a record, because the name of each metric already ends with the unit. */
function withoutUnits({ _aws, ...fields }: ReturnType<Metrics["serializeMetrics"]>): MetricRecord {
  const directives = _aws.CloudWatchMetrics.map(({ Metrics: metrics, ...directive }) => {
    return { ...directive, Metrics: metrics.map(({ Name }) => ({ Name })) };
  });
  return { _aws: { Timestamp: _aws.Timestamp, CloudWatchMetrics: directives }, ...fields };
}

/**
 * Returns true if two metric records can be written as one record. Fields with the same name must have the same value
 * in both records. Source:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
function canMerge(one: MetricRecord, { _aws, ...fields }: MetricRecord): boolean {
  return Object.entries(fields).every(
    ([name, value]) => !Object.hasOwn(one, name) || JSON.stringify(one[name]) === JSON.stringify(value),
  );
}

function mergeInto(one: MetricRecord, { _aws, ...fields }: MetricRecord): void {
  one._aws.CloudWatchMetrics.push(..._aws.CloudWatchMetrics);
  Object.assign(one, fields);
}
