import { createContext, Script } from "node:vm";
import * as z from "zod";
import { type OwnTemplate, resourcesOf } from "./own-template.ts";

/** A value of a metric at a second. */
export interface Sample {
  readonly metric: string;
  readonly at: number;
  readonly value: number;
}

const Numeric = z.coerce.number();
const Stat = z.enum(["Sum", "Average", "Minimum", "Maximum", "SampleCount"]);

const Alarm = z.object({
  TreatMissingData: z.enum(["breaching", "notBreaching"]),
  EvaluationPeriods: Numeric,
  Threshold: Numeric,
  ComparisonOperator: z.enum(["GreaterThanOrEqualToThreshold", "LessThanThreshold"]),
  MetricName: z.string().optional(),
  Statistic: Stat.optional(),
  Period: Numeric.optional(),
  Metrics: z
    .array(
      z.object({
        Id: z.string(),
        Expression: z.string().optional(),
        MetricStat: z
          .object({ Stat, Period: Numeric, Metric: z.object({ MetricName: z.string() }) })
          .optional(),
      }),
    )
    .default([]),
});
type Alarm = z.infer<typeof Alarm>;

/** The ID of the metric in an alarm without metric math. */
const ONLY_METRIC = "metric";

/** One statistic of one metric over the length of a period. */
interface Series {
  readonly id: string;
  readonly metric: string;
  readonly stat: z.infer<typeof Stat>;
  readonly period: number;
}

/** A model of an alarm. It identifies metrics by their names and ignores namespaces and dimensions. */
export interface AlarmModel {
  readonly periodSeconds: number;
  /** Returns true when the alarm is active at a second at which its periods end. */
  readonly isActive: (samples: readonly Sample[], at: number) => boolean;
}

export function alarmOf(template: Pick<OwnTemplate, "resources">, id: string): AlarmModel {
  const found = resourcesOf(template, "AWS::CloudWatch::Alarm", Alarm).find((alarm) => alarm.id === id);
  if (found === undefined) throw new Error(`unknown alarm ${id}`);
  const alarm = found.properties;
  const series = seriesOf(alarm);
  const evaluate = metricMath(
    alarm.Metrics.find(({ Expression }) => Expression !== undefined)?.Expression ?? ONLY_METRIC,
  );
  const valueAt = (samples: readonly Sample[], periodEnd: number) =>
    evaluate(Object.fromEntries(series.map((one) => [one.id, statisticOf(one, samples, periodEnd)])));
  const periodSeconds = series[0]?.period ?? 0;
  return {
    periodSeconds,
    isActive: (samples, at) =>
      Array.from({ length: alarm.EvaluationPeriods }, (_, back) => at - back * periodSeconds).every(
        (periodEnd) => isBreaching(alarm, valueAt(samples, periodEnd)),
      ),
  };
}

function seriesOf({ MetricName, Statistic, Period, Metrics }: Alarm): Series[] {
  if (MetricName !== undefined)
    return [{ id: ONLY_METRIC, metric: MetricName, stat: Statistic ?? "Sum", period: Period ?? 0 }];
  return Metrics.flatMap(({ Id, MetricStat: of }) =>
    of === undefined ? [] : [{ id: Id, metric: of.Metric.MetricName, stat: of.Stat, period: of.Period }],
  );
}

function isBreaching(
  { TreatMissingData, ComparisonOperator, Threshold }: Alarm,
  value: number | null,
): boolean {
  if (value === null) return TreatMissingData === "breaching";
  return ComparisonOperator === "LessThanThreshold" ? value < Threshold : value >= Threshold;
}

/**
 * Compiles an expression of metric math. A statistic without data is null.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
function metricMath(
  expression: string,
): (statistics: Readonly<Record<string, number | null>>) => number | null {
  const script = new Script(expression);
  const context = createContext({
    FILL: (value: number | null, missing: number) => value ?? missing,
    IF: (condition: boolean, then: number | null, otherwise: number | null) => (condition ? then : otherwise),
  });
  return (statistics) => {
    Object.assign(context, statistics);
    const value: unknown = script.runInContext(context);
    if (value !== null && typeof value !== "number")
      throw new Error(`not a value of a metric: ${expression}`);
    return value;
  };
}

/** Returns the statistic of the samples in (periodEnd - period, periodEnd]. Returns null without samples. */
function statisticOf({ metric, stat, period }: Series, samples: readonly Sample[], periodEnd: number) {
  const values = samples
    .filter((one) => one.metric === metric && one.at > periodEnd - period && one.at <= periodEnd)
    .map(({ value }) => value);
  if (values.length === 0) return null;
  const sum = values.reduce((total, value) => total + value, 0);
  switch (stat) {
    case "Sum":
      return sum;
    case "Average":
      return sum / values.length;
    case "Minimum":
      return Math.min(...values);
    case "Maximum":
      return Math.max(...values);
    case "SampleCount":
      return values.length;
    default:
      return stat satisfies never;
  }
}
