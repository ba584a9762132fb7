import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";

export const UNITS = {
  Accepted: MetricUnit.Count,
  Polls: MetricUnit.Count,
  /**
   * `PollsWithoutJob` is 1 if CCE refused a poll or did not respond to a poll, else 0. The mean of `PollsWithoutJob` is
   * the share of failed polls.
   */
  PollsWithoutJob: MetricUnit.Count,
  /** The number of watches that the service gave up, because polls crashed the process again and again. */
  PollsGivenUp: MetricUnit.Count,
  PollLatenessSeconds: MetricUnit.Seconds,
  LagSeconds: MetricUnit.Seconds,
  /** The time from the end of a job to the first delivery attempt of each notification about the job. */
  NotificationLatenessSeconds: MetricUnit.Seconds,
  Concluded: MetricUnit.Count,
  /**
   * The number of ended watches that follow an operation without a job. The metric `Concluded` also counts the ended
   * watches of operations.
   */
  OperationsConcluded: MetricUnit.Count,
  Stopped: MetricUnit.Count,
  /**
   * The number of slow jobs about which the service notified a target. A slow job takes longer than 19 of 20 jobs of
   * its type.
   */
  SlowJobs: MetricUnit.Count,
  /** The number of jobs that the discover function found and opened a watch for. */
  JobsDiscovered: MetricUnit.Count,
  /**
   * The time by which the next complete list of the jobs of a project is overdue. The service writes
   * `ListOverdueSeconds` only if it could not list all jobs of the project.
   */
  ListOverdueSeconds: MetricUnit.Seconds,
  /** The number of messages from SMN (Simple Message Notification of Huawei Cloud), by the result. */
  Events: MetricUnit.Count,
  /** The number of messages from SMN that the service could not check or confirm, because SMN did not respond. */
  EventsFailed: MetricUnit.Count,
  ResourceQueriesRefused: MetricUnit.Count,
  Notifications: MetricUnit.Count,
  Attempts: MetricUnit.Count,
  /**
   * `AttemptsFailed` is 1 if a delivery attempt failed and used a step of the retry schedule, else 0. An HTTP 429
   * response does not use a step of the retry schedule. The mean of `AttemptsFailed` is the share of failed attempts.
   */
  AttemptsFailed: MetricUnit.Count,
  AttemptMilliseconds: MetricUnit.Milliseconds,
  DeadLetters: MetricUnit.Count,
  LedgerConflicts: MetricUnit.Count,
  /** The number of poll messages and notifications that a run of the sweep function sent again. */
  SweepFound: MetricUnit.Count,
  /**
   * The number of overdue notifications that a run of the sweep function or a poll of a slow job sent again. A run or
   * poll without overdue notifications does not write `NotificationsOverdue`.
   */
  NotificationsOverdue: MetricUnit.Count,
  TargetGone: MetricUnit.Count,
  ConfigInvalid: MetricUnit.Count,
  /**
   * The number of failed reads of the config, for example when SSM did not respond. A config that could not be read may
   * be valid.
   */
  ConfigUnreadable: MetricUnit.Count,
  /**
   * The number of watches and targets for which a run of the sweep function failed. If the run of the sweep function
   * reached its time limit, the number is higher by 1. A run without failures does not write `SweepFailures`.
   */
  SweepFailures: MetricUnit.Count,
  /**
   * 1 for each run of the sweep function, and for each poll of a slow job, that found a fault of the service: five
   * overdue messages, a poll or notification that is late by a quarter of an hour, or a failed check. A run or poll
   * without such a fault does not write `FaultsFound`.
   */
  FaultsFound: MetricUnit.Count,
  RecordsFailed: MetricUnit.Count,
  /**
   * The number of responses of the API with the HTTP status 5xx. For other responses, the service writes no value of
   * `ServerErrors`.
   */
  ServerErrors: MetricUnit.Count,
  LiveWatches: MetricUnit.Count,
  /**
   * The number of accepted watches minus the concluded, the stopped and the live watches. An `AuditDiscrepancy` other
   * than 0 means that the service has lost watches.
   */
  AuditDiscrepancy: MetricUnit.Count,
} as const;
export type MetricName = keyof typeof UNITS;
export const METRICS: readonly MetricName[] = Object.keys(UNITS).filter(isMetricName);

export function isMetricName(name: string): name is MetricName {
  return Object.hasOwn(UNITS, name);
}

/**
 * A dimension of a metric has few values, such as kinds, verdicts and outcomes. A dimension of a metric never contains
 * names or IDs.
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

/**
 * Sends all further metrics to `add`. Without `redirectMetricsTo`, the log lines of Lambda invocations contain the
 * metrics.
 */
export function redirectMetricsTo(add: AddMetric): void {
  receiver = add;
}

/**
 * The metrics of two alarms on AWS. CloudWatch charges an alarm for each of its metrics, so each of these metrics counts
 * several rare faults. `GivenUp` counts the messages, watches and targets that the service gave up. `ConfigFaults` counts
 * faults that a person fixes in the config or in the permissions of a project.
 */
export const ALARM_METRICS = ["GivenUp", "ConfigFaults"] as const;

/** The sum of `ConfigFaults` in an hour at which the alarm fires. */
const CONFIG_FAULTS_LIMIT = 3;
/** A list of jobs that is overdue for less time is not a fault yet, because the next list may succeed. */
const LIST_OVERDUE_LIMIT_SECONDS = 1800;

/**
 * Returns the metric of an alarm in which the value of another metric also counts, and the counted value. Returns null
 * if the value counts in no such metric. One invalid config or one long overdue list reaches the limit of the alarm. A
 * single failed event or refused query may have a temporary reason, so the alarm fires only for three of them.
 */
export function findAlarmMetric(
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
  // Each poll writes a value of `PollsWithoutJob`, so the log already contains the number of all polls.
  if (name === "Polls" && dimensions.observation === "job") return;
  const set = JSON.stringify(dimensions);
  let metrics = bySet.get(set);
  if (metrics === undefined) {
    metrics = new Metrics({ defaultDimensions: { ...dimensions } });
    bySet.set(set, metrics);
  }
  metrics.addMetric(name, UNITS[name], value);
  const alarm = findAlarmMetric(name, value);
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
 * Writes all metrics of a Lambda invocation. Every invocation calls `publishMetrics` once before the invocation ends.
 * AWS charges for each byte of the log, so one record contains as many sets of dimensions as possible.
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

/** Removes the units from a record. The name of each metric that is not a number of things ends with its unit. */
function withoutUnits({ _aws, ...fields }: ReturnType<Metrics["serializeMetrics"]>): MetricRecord {
  const directives = _aws.CloudWatchMetrics.map(({ Metrics: metrics, ...directive }) => {
    return { ...directive, Metrics: metrics.map(({ Name }) => ({ Name })) };
  });
  return { _aws: { Timestamp: _aws.Timestamp, CloudWatchMetrics: directives }, ...fields };
}

/**
 * Returns true if two records of the embedded metric format can be one record. All sets of dimensions in a record share
 * the fields of the record, so a field of both records must have the same value.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
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
