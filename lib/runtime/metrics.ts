import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";

export const UNITS = {
  Accepted: MetricUnit.Count,
  Polls: MetricUnit.Count,
  /** 1 if CCE refused or did not answer a poll, else 0. The mean of `PollsWithoutJob` is the share of failed polls. */
  PollsWithoutJob: MetricUnit.Count,
  /** Watches that ended because their polls crashed again and again. */
  PollsGivenUp: MetricUnit.Count,
  PollLatenessSeconds: MetricUnit.Seconds,
  LagSeconds: MetricUnit.Seconds,
  /** The time from the end of a job to the first delivery attempt. */
  NotificationLatenessSeconds: MetricUnit.Seconds,
  Concluded: MetricUnit.Count,
  /** Ended watches of operations. `Concluded` also counts them. */
  OperationsConcluded: MetricUnit.Count,
  Stopped: MetricUnit.Count,
  /** Slow jobs whose targets were notified. A slow job takes longer than 19 of 20 jobs of its type. */
  SlowJobs: MetricUnit.Count,
  /** Jobs that discovery found and watches. */
  JobsDiscovered: MetricUnit.Count,
  /**
   * The number of seconds by which discovery is late with a complete list of a project's jobs. The metric is written
   * only if the list was not complete.
   */
  ListOverdueSeconds: MetricUnit.Seconds,
  /** SMN messages (Simple Message Notification of Huawei Cloud) by result. */
  Events: MetricUnit.Count,
  /** SMN messages that could not be checked or confirmed, because SMN did not respond. */
  EventsFailed: MetricUnit.Count,
  ResourceQueriesRefused: MetricUnit.Count,
  Notifications: MetricUnit.Count,
  Attempts: MetricUnit.Count,
  /**
   * `AttemptsFailed` is 1 if a delivery attempt failed and used a step of the retry schedule, else 0. A response with
   * HTTP status 429 does not count as a failed attempt here. The mean of `AttemptsFailed` is the share of failed
   * attempts.
   */
  AttemptsFailed: MetricUnit.Count,
  AttemptMilliseconds: MetricUnit.Milliseconds,
  DeadLetters: MetricUnit.Count,
  LedgerConflicts: MetricUnit.Count,
  /** Poll messages and notifications that a run of the sweep function sent again. */
  SweepFound: MetricUnit.Count,
  /**
   * Overdue notifications that the sweep function or a poll of a slow job sent again. The metric is written only if at
   * least one notification was overdue.
   */
  NotificationsOverdue: MetricUnit.Count,
  TargetGone: MetricUnit.Count,
  ConfigInvalid: MetricUnit.Count,
  /** Failed reads of the config, for example because SSM did not respond. The stored config itself may be valid. */
  ConfigUnreadable: MetricUnit.Count,
  /**
   * The number of watches and targets that a run of the sweep function could not check. A run that reached its time
   * limit adds one to this number. The metric is written only after a failure.
   */
  SweepFailures: MetricUnit.Count,
  /**
   * 1 for each run of the sweep function, and for each poll of a slow job, that found a fault of the service: five
   * overdue messages, a poll or notification that is late by a quarter of an hour, or a failed check. Without such a
   * fault, the function does not write `FaultsFound`.
   */
  FaultsFound: MetricUnit.Count,
  RecordsFailed: MetricUnit.Count,
  /** API responses with a status 5xx. Other responses write nothing. */
  ServerErrors: MetricUnit.Count,
  LiveWatches: MetricUnit.Count,
  /**
   * The number of accepted watches minus the concluded, stopped and live watches. If the value is not 0, watches were
   * lost.
   */
  AuditDiscrepancy: MetricUnit.Count,
} as const;
export type MetricName = keyof typeof UNITS;
export const METRICS: readonly MetricName[] = Object.keys(UNITS).filter(isMetricName);

export function isMetricName(name: string): name is MetricName {
  return Object.hasOwn(UNITS, name);
}

/** A dimension has few values, such as kinds, verdicts and outcomes. A dimension never contains names or IDs. */
export type Dimensions = Readonly<Record<string, string>>;

const bySet = new Map<string, Metrics>();

type AddMetric = (name: MetricName, value: number, dimensions: Dimensions) => void;

let receiver: AddMetric = addToLog;

export const meter = {
  add(name: MetricName, value: number, dimensions: Dimensions = {}): void {
    receiver(name, value, dimensions);
  },
};

/** Sends all later metrics to `add` in place of the log. By default, metrics are in the log. */
export function redirectMetricsTo(add: AddMetric): void {
  receiver = add;
}

/**
 * The metrics of two alarms on AWS. CloudWatch charges an alarm for each of its metrics, so each of these metrics
 * counts several rare faults. `GivenUp` counts the messages, watches and targets that the service gave up.
 * `ConfigFaults` counts faults in the config or in the permissions of a project. Only a person can correct the config
 * or the permissions.
 */
export const ALARM_METRICS = ["GivenUp", "ConfigFaults"] as const;

/** The sum of `ConfigFaults` in an hour at which the alarm fires. */
const CONFIG_FAULTS_LIMIT = 3;
/** A list of jobs that is overdue for less time than this is not a fault yet, because the next list may succeed. */
const LIST_OVERDUE_LIMIT_SECONDS = 1800;

/**
 * Finds the alarm metric to which the value of a metric also counts. Returns the alarm metric and the counted value.
 * Returns null if the value counts in no such metric. One invalid config fires the alarm. One list of jobs that is
 * long overdue also fires the alarm. A single failed event or refused query may have a temporary reason, so the alarm
 * fires only for three of them.
 */
export function findCountedAlarmMetric(
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

/** AWS charges a metric for each hour with a value, and no alarm needs the value 0 of these metrics. */
const WITHOUT_ZEROS: ReadonlySet<MetricName> = new Set(["LiveWatches", "SweepFound", "AuditDiscrepancy"]);

function addToLog(name: MetricName, value: number, dimensions: Dimensions): void {
  if (value === 0 && WITHOUT_ZEROS.has(name)) return;
  // Each poll writes the metric `PollsWithoutJob`. This metric already counts all polls, so a poll that found its job
  // writes no metric `Polls`.
  if (name === "Polls" && dimensions.observation === "job") return;
  const set = JSON.stringify(dimensions);
  let metrics = bySet.get(set);
  if (metrics === undefined) {
    metrics = new Metrics({ defaultDimensions: { ...dimensions } });
    bySet.set(set, metrics);
  }
  metrics.addMetric(name, UNITS[name], value);
  const alarm = findCountedAlarmMetric(name, value);
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
 * Writes all metrics of an invocation. Every invocation calls `publishMetrics` once at its end. One record contains as
 * many sets of dimensions as possible, because AWS charges for each byte.
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

/** Removes the units from a record. Names of metrics end with their unit. */
function withoutUnits({ _aws, ...fields }: ReturnType<Metrics["serializeMetrics"]>): MetricRecord {
  const directives = _aws.CloudWatchMetrics.map(({ Metrics: metrics, ...directive }) => {
    return { ...directive, Metrics: metrics.map(({ Name }) => ({ Name })) };
  });
  return { _aws: { Timestamp: _aws.Timestamp, CloudWatchMetrics: directives }, ...fields };
}

/**
 * Returns true if two metric records can be merged. Each field occurs only once in a record. Two records can therefore
 * be merged only if their common fields have equal values. Source:
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
