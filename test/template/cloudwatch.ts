import * as z from "zod";
import { evaluate, type FillOfNothing, type Operand, type Value } from "./metric-math.ts";
import { type OwnTemplate, resourcesOf } from "./own-template.ts";

/** One value of a metric and the second of the value. */
export interface Sample {
  readonly metric: string;
  readonly at: number;
  readonly value: number;
}

const Numeric = z.coerce.number();
const Stat = z.enum(["Sum", "Average", "Minimum", "Maximum", "SampleCount", "p95"]);

const Alarm = z.object({
  TreatMissingData: z.enum(["breaching", "notBreaching", "ignore"]),
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
        ReturnData: z.boolean().default(true),
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
interface AlarmModel {
  readonly periodSeconds: number;
  /** Returns true if the alarm is active at a second. A period of the alarm must end at this second. */
  readonly isActive: (samples: readonly Sample[], at: number) => boolean;
}

/** @throws Error for an unknown alarm, and for an alarm whose metrics have several periods. */
export function alarmOf(
  template: Pick<OwnTemplate, "resources">,
  id: string,
  fillOfNothing: FillOfNothing,
): AlarmModel {
  const found = resourcesOf(template, "AWS::CloudWatch::Alarm", Alarm).find((alarm) => alarm.id === id);
  if (found === undefined) throw new Error(`unknown alarm ${id}`);
  const alarm = found.properties;
  const series = seriesOf(alarm);
  const periodSeconds = series[0]?.period ?? 0;
  if (series.some(({ period }) => period !== periodSeconds)) throw new Error(`${id} has several periods`);
  const valueAt = (samples: readonly Sample[], periodEnd: number) =>
    returnedValue(alarm, series, samples, periodEnd, fillOfNothing);
  const isActive = (samples: readonly Sample[], at: number): boolean => {
    const values = Array.from({ length: alarm.EvaluationPeriods }, (_, back) =>
      valueAt(samples, at - back * periodSeconds),
    );
    if (alarm.TreatMissingData === "ignore" && values.includes(null)) {
      const isBeforeAllSamples = samples.every((sample) => sample.at > at);
      return !isBeforeAllSamples && isActive(samples, at - periodSeconds);
    }
    return values.every((value) => isBreaching(alarm, value));
  };
  return { periodSeconds, isActive };
}

function seriesOf({ MetricName, Statistic, Period, Metrics }: Alarm): Series[] {
  if (MetricName !== undefined)
    return [{ id: ONLY_METRIC, metric: MetricName, stat: Statistic ?? "Sum", period: Period ?? 0 }];
  return Metrics.flatMap(({ Id, MetricStat: of }) =>
    of === undefined ? [] : [{ id: Id, metric: of.Metric.MetricName, stat: of.Stat, period: of.Period }],
  );
}

/** Returns the value that an alarm compares with its threshold. An expression may refer to other expressions. */
function returnedValue(
  { Metrics }: Alarm,
  series: readonly Series[],
  samples: readonly Sample[],
  periodEnd: number,
  fillOfNothing: FillOfNothing,
): Value {
  const statistics = new Map(series.map((one) => [one.id, statisticOf(one, samples, periodEnd)]));
  const expressions = Metrics.flatMap(({ Id, Expression, ReturnData }) =>
    Expression === undefined ? [] : [{ id: Id, expression: Expression, isReturned: ReturnData }],
  );
  const returned = expressions.find(({ isReturned }) => isReturned);
  if (returned === undefined) return statistics.get(ONLY_METRIC)?.value ?? null;
  const operands = new Map(statistics);
  for (const { id, expression, isReturned } of expressions)
    if (!isReturned) {
      const value = evaluate(expression, statistics, fillOfNothing);
      operands.set(id, { value, hasExisted: value !== null });
    }
  return evaluate(returned.expression, operands, fillOfNothing);
}

function isBreaching({ TreatMissingData, ComparisonOperator, Threshold }: Alarm, value: Value): boolean {
  if (value === null) return TreatMissingData === "breaching";
  return ComparisonOperator === "LessThanThreshold" ? value < Threshold : value >= Threshold;
}

/** Returns the statistic of the samples in (periodEnd - period, periodEnd]. Without samples its value is missing. */
function statisticOf(
  { metric, stat, period }: Series,
  samples: readonly Sample[],
  periodEnd: number,
): Operand {
  const past = samples.filter((one) => one.metric === metric && one.at <= periodEnd);
  const values = past.filter(({ at }) => at > periodEnd - period).map(({ value }) => value);
  return { value: values.length === 0 ? null : compute(stat, values), hasExisted: past.length > 0 };
}

function compute(stat: z.infer<typeof Stat>, values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  switch (stat) {
    case "Sum":
      return sum;
    case "Average":
      return sum / values.length;
    case "p95":
      return values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.95) - 1] ?? 0;
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
