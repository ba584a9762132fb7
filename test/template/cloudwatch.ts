import * as z from "zod";
import { isMetricName, toAddendOfSharedAlarmMetricOrNull } from "../../lib/runtime/metrics.ts";
import { evaluate, type FillOfNothing, type Operand, type Value } from "./metric-math.ts";
import { type OwnTemplate, resourcesOf } from "./own-template.ts";

/**
 * One value of a metric and the second of the value. A metric of the product is its name. A metric of AWS is its name
 * and the resource, without the prefix of the stage: `Errors poll`.
 */
export interface Sample {
  readonly metric: string;
  readonly at: number;
  readonly value: number;
}

const Numeric = z.coerce.number();
const Stat = z.enum(["Sum", "Average", "Minimum", "Maximum", "SampleCount", "p95"]);

/** Shorter periods need metrics of a high resolution, which neither AWS nor the product writes. */
const Period = Numeric.refine((seconds) => seconds > 0 && seconds % 60 === 0);
const Metric = z.object({
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions: z.array(z.object({ Value: z.string() })).default([]),
});

const Alarm = z.object({
  TreatMissingData: z.enum(["breaching", "notBreaching", "ignore"]),
  EvaluationPeriods: Numeric.min(1),
  Threshold: Numeric,
  ComparisonOperator: z.enum(["GreaterThanOrEqualToThreshold", "LessThanThreshold"]),
  Namespace: z.string().optional(),
  MetricName: z.string().optional(),
  Dimensions: z.array(z.object({ Value: z.string() })).optional(),
  Statistic: Stat.optional(),
  Period: Period.optional(),
  Metrics: z
    .array(
      z.object({
        Id: z.string(),
        Expression: z.string().optional(),
        ReturnData: z.boolean().default(true),
        MetricStat: z.object({ Stat, Period, Metric }).optional(),
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
  if (alarm.MetricName === undefined && alarm.Metrics.filter(({ ReturnData }) => ReturnData).length !== 1)
    throw new Error(`${id} does not return exactly one value`);
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

function seriesOf({ Statistic, Period: period, Metrics, ...alarm }: Alarm): Series[] {
  if (alarm.MetricName !== undefined) {
    if (Statistic === undefined || period === undefined)
      throw new Error("the alarm has no statistic or period");
    return [{ id: ONLY_METRIC, metric: nameOf(Metric.parse(alarm)), stat: Statistic, period }];
  }
  return Metrics.flatMap(({ Id, MetricStat: of }) =>
    of === undefined ? [] : [{ id: Id, metric: nameOf(of.Metric), stat: of.Stat, period: of.Period }],
  );
}

function nameOf({ Namespace, MetricName, Dimensions }: z.infer<typeof Metric>): string {
  if (!Namespace.startsWith("AWS/")) return MetricName;
  return [MetricName, ...Dimensions.map(({ Value }) => Value.replace("cce-job-notifier-dev-", ""))].join(" ");
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

/** The samples of each metric in the order of their times. A check asks for the same samples hundreds of times. */
const byMetric = new WeakMap<readonly Sample[], Map<string, Sample[]>>();

function samplesOf(metric: string, samples: readonly Sample[]): readonly Sample[] {
  const known = byMetric.get(samples) ?? new Map<string, Sample[]>();
  byMetric.set(samples, known);
  const own =
    known.get(metric) ?? samples.flatMap((one) => countedAs(metric, one)).sort((a, b) => a.at - b.at);
  known.set(metric, own);
  return own;
}

/** Returns the sample if it is of the metric, or the sample of the metric in which the sample also counts. */
function countedAs(metric: string, sample: Sample): readonly Sample[] {
  if (sample.metric === metric) return [sample];
  const counted = isMetricName(sample.metric)
    ? toAddendOfSharedAlarmMetricOrNull(sample.metric, sample.value)
    : null;
  return counted?.name === metric ? [{ ...sample, metric, value: counted.value }] : [];
}

/** Returns the statistic of the samples in (periodEnd - period, periodEnd]. Without samples its value is missing. */
function statisticOf(
  { metric, stat, period }: Series,
  samples: readonly Sample[],
  periodEnd: number,
): Operand {
  const own = samplesOf(metric, samples);
  const end = indexAfter(own, periodEnd);
  const values = own.slice(indexAfter(own, periodEnd - period), end).map(({ value }) => value);
  return { value: values.length === 0 ? null : compute(stat, values), hasExisted: end > 0 };
}

/** Returns the index of the first sample after a second. */
function indexAfter(samples: readonly Sample[], second: number): number {
  let from = 0;
  let to = samples.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((samples[middle]?.at ?? 0) <= second) from = middle + 1;
    else to = middle;
  }
  return from;
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
