import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";
import * as z from "zod";
import { isMetricName } from "../../lib/runtime/metrics.ts";
import { typeOfMetric } from "../../server/process/metric-registry.ts";
import {
  formatPrometheusDuration,
  MetricStat,
  NoPrometheusQueryError,
  toPrometheusQuery,
} from "./prometheus-query.ts";

/** The alarms on AWS that have no Prometheus rule, each with the reason. */
export const ALARMS_WITHOUT_RULE: Readonly<Record<string, string>> = {
  LoopStoppedAlarm: "Only Lambda stops recursive loops.",
  ErrorsAlarm: "A crash of the process is the rule ServiceDown.",
  ThrottlesAlarm: "Only Lambda throttles functions.",
  NotifyQueueFullAlarm: "Only SQS limits the messages in flight.",
};

const FIRST_RUNS_SECONDS = 900;

const Alarm = z.object({
  AlarmDescription: z.string(),
  EvaluationPeriods: z.number(),
  ComparisonOperator: z.enum(["GreaterThanOrEqualToThreshold", "LessThanThreshold"]),
  Threshold: z.union([z.number(), z.string()]),
  Namespace: z.optional(z.string()),
  MetricName: z.optional(z.string()),
  Dimensions: z.optional(MetricStat.shape.Dimensions),
  Statistic: z.optional(z.string()),
  Period: z.optional(z.number()),
  Metrics: z.optional(
    z.array(
      z.object({
        Id: z.string(),
        Expression: z.optional(z.string()),
        MetricStat: z.optional(
          z.object({
            Stat: z.string(),
            Period: z.number(),
            Metric: MetricStat.pick({ Namespace: true, MetricName: true, Dimensions: true }),
          }),
        ),
      }),
    ),
  ),
});
type Alarm = z.infer<typeof Alarm>;

const Resources = z.object({
  Resources: z.record(z.string(), z.object({ Type: z.string(), Properties: z.unknown() })),
});

/** The condition of a Prometheus rule: a query to compare with a threshold, and an optional second condition. */
interface Condition {
  readonly metric: MetricStat;
  readonly query: string;
  readonly and?: string;
}

/**
 * A map from each CloudWatch expression of an alarm to the Prometheus condition with the same meaning. Prometheus does
 * not need CloudWatch's function FILL, because the counters of a process exist from its start.
 */
const EXPRESSIONS: Readonly<Record<string, (metrics: ReadonlyMap<string, MetricStat>) => Condition>> = {
  "FILL(added, 0)": (metrics) => conditionOf(metrics, "added"),
  "IF(made >= 20, late, 0)": (metrics) => ({
    ...conditionOf(metrics, "late"),
    and: `${conditionOf(metrics, "made").query} >= 20`,
  }),
  "IF(made >= 4, 100 * failed / made, 0)": (metrics) => {
    const [failed, made] = [conditionOf(metrics, "failed"), conditionOf(metrics, "made")];
    const query = `100 * ${failed.query} / ${made.query}`;
    return { metric: failed.metric, query, and: `${made.query} >= 4` };
  },
  "zero + SUM([zero, FILL(sweeps, 0)])": (metrics) => conditionOf(metrics, "sweeps"),
  "IF(sweeps >= 30, SUM([0 * sweeps, FILL(audit, 0)]), 1)": (metrics) => ({
    ...conditionOf(metrics, "audit"),
    and: `${conditionOf(metrics, "sweeps").query} >= 30`,
  }),
};

/**
 * Returns the Prometheus alerting rules of the one-node edition as YAML. Each rule comes from an alarm in `resources/`.
 * @throws NoPrometheusQueryError if an alarm cannot become a rule and is not in ALARMS_WITHOUT_RULE
 */
export function convertAlarmsToPrometheusRules(): string {
  const alarms = ["alarms-jobs.yml", "alarms-queues.yml", "alarms-functions.yml"]
    .flatMap((file) => readAlarms(file))
    .filter(([id]) => !Object.hasOwn(ALARMS_WITHOUT_RULE, id));
  const down = {
    alert: "ServiceDown",
    expr: 'up{job="cce-notifier"} == 0',
    for: "2m",
    annotations: { summary: "The service does not respond.", runbook: "docs/one-node.md#monitoring" },
  };
  const rules = [down, ...alarms.map(([id, alarm]) => toRule(id, alarm))];
  const comment = '# "npm run generate" makes this file from resources/alarms-*.yml. Do not edit it.\n';
  return comment + stringify({ groups: [{ name: "cce-notifier", rules }] }, { lineWidth: 0 });
}

function readAlarms(file: string): [string, Alarm][] {
  const { Resources: resources } = Resources.parse(
    // The YAML parser reads a CloudFormation tag, such as !GetAtt, as plain text.
    parse(readText(`resources/${file}`), { logLevel: "error" }),
  );
  return Object.entries(resources)
    .filter(([, { Type }]) => Type === "AWS::CloudWatch::Alarm")
    .map(([id, { Properties }]) => [id, Alarm.parse(Properties)]);
}

function toRule(id: string, alarm: Alarm) {
  const { metric, query, and } = readCondition(alarm);
  const isMaximum = metric.Stat === "Maximum" && isHistogram(metric.MetricName);
  const isLess = alarm.ComparisonOperator === "LessThanThreshold";
  // Prometheus knows the largest value of a histogram only as the upper limit of a bucket, so a value equal to the
  // threshold does not count.
  const operator = isLess ? "<" : isMaximum ? ">" : ">=";
  const comparison = `${query} ${operator} ${readThreshold(alarm.Threshold)}`;
  const [text = "", anchor = ""] = alarm.AlarmDescription.split(/ \$\{param:runbookUrl\}#/);
  const forSeconds = secondsOfRule(alarm, metric);
  return {
    alert: id.replace(/Alarm$/, ""),
    expr: and === undefined ? comparison : `${comparison} and ${and}`,
    ...(forSeconds > 0 && { for: formatPrometheusDuration(forSeconds) }),
    annotations: { summary: text, runbook: `docs/runbook.md#${anchor}` },
  };
}

/** Returns the time for which the condition of a rule must be true before the rule fires, in seconds. */
function secondsOfRule(
  { ComparisonOperator, EvaluationPeriods }: Alarm,
  { Stat, Period }: MetricStat,
): number {
  if (Stat === "Minimum") return Period;
  // A rule about too few runs waits, because a process that has just started has no runs in its first minutes.
  if (ComparisonOperator === "LessThanThreshold") return Math.min(Period, FIRST_RUNS_SECONDS);
  return Period * (EvaluationPeriods - 1);
}

function readCondition(alarm: Alarm): Condition {
  const { Namespace, MetricName, Dimensions, Statistic: Stat, Period, Metrics = [] } = alarm;
  const isLess = alarm.ComparisonOperator === "LessThanThreshold";
  const scale = isLess ? alarm.EvaluationPeriods : 1;
  if (MetricName !== undefined) {
    const metric = MetricStat.parse({ Namespace, MetricName, Dimensions, Stat, Period });
    return { metric, query: toPrometheusQuery(metric) };
  }
  const expression = Metrics[0]?.Expression ?? "";
  const condition = EXPRESSIONS[expression];
  if (condition === undefined)
    throw new NoPrometheusQueryError(`the expression ${expression} has no Prometheus query`);
  // A value that is below the threshold for n periods is also below the threshold in one period that is n times as
  // long.
  return condition(
    new Map(
      Metrics.flatMap(({ Id, MetricStat: stat }) =>
        stat === undefined ? [] : [[Id, { ...stat.Metric, Stat: stat.Stat, Period: stat.Period * scale }]],
      ),
    ),
  );
}

function conditionOf(metrics: ReadonlyMap<string, MetricStat>, id: string): Condition {
  const metric = metrics.get(id);
  if (metric === undefined) throw new NoPrometheusQueryError(`the expression has no metric ${id}`);
  return { metric, query: toPrometheusQuery(metric) };
}

function isHistogram(name: string): boolean {
  return isMetricName(name) && typeOfMetric(name) === "histogram";
}

/** A threshold can be a parameter of the stage. The default value of such a parameter is in serverless.yml. */
function readThreshold(threshold: number | string): number {
  if (typeof threshold === "number") return threshold;
  const parameter = /^\$\{param:(\w+)\}$/.exec(threshold)?.[1] ?? "";
  const value = new RegExp(`^ +${parameter}: .*, (\\d+)\\}$`, "m").exec(readText("serverless.yml"))?.[1];
  if (value === undefined) throw new NoPrometheusQueryError(`the threshold ${threshold} has no default`);
  return Number(value);
}

function readText(path: string): string {
  return readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), "utf8");
}
