import * as z from "zod";
import { isMetricName } from "../../lib/runtime/metrics.ts";
import { typeOfMetric } from "../../server/process/metric-registry.ts";

/** A statistic of a CloudWatch metric, as the files in `resources/` describe it. */
export const MetricStat = z.object({
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions: z.array(z.object({ Name: z.string(), Value: z.string() })),
  Stat: z.string(),
  Period: z.number(),
});
export type MetricStat = z.infer<typeof MetricStat>;

/** A pattern for the CloudWatch namespace of the metrics that this service writes. */
const OWN_NAMESPACE = /^\$\{Namespace\}$/;

/** A map from each SQS metric to the corresponding metric of the one-node edition. */
const QUEUE_METRICS: Readonly<Record<string, string>> = {
  ApproximateNumberOfMessagesVisible: "QueueMessagesVisible",
  ApproximateNumberOfMessagesNotVisible: "QueueMessagesHidden",
  ApproximateNumberOfMessagesDelayed: "QueueMessagesHidden",
};

/** Each key is a metric whose samples are 0 or 1. Each value is the name of the counter that counts these samples. */
const SAMPLES: Readonly<Record<string, string>> = { PollsWithoutJob: "Polls" };

/** Error for a CloudWatch statistic that cannot be converted to a Prometheus query. */
export class NoPrometheusQueryError extends Error {
  override readonly name = "NoPrometheusQueryError";
}

/**
 * Returns the PromQL query with the same meaning as a CloudWatch statistic, for each process of the service.
 * https://prometheus.io/docs/prometheus/latest/querying/functions/
 * @throws NoPrometheusQueryError if the function knows no Prometheus query
 */
export function toPrometheusQuery(metric: MetricStat): string {
  if (metric.Namespace === "AWS/SQS") return toQueueQuery(metric);
  const name = metric.MetricName;
  if (!OWN_NAMESPACE.test(metric.Namespace) || !isMetricName(name)) throw unknown(metric);
  const range = `[${formatPrometheusDuration(metric.Period)}]`;
  const increase = (series: string) => `sum by (instance) (increase(${series}${range}))`;
  const type = typeOfMetric(name);
  switch (metric.Stat) {
    case "Sum":
      if (type === "counter") return increase(`${name}_total`);
      break;
    case "SampleCount": {
      const samples = SAMPLES[name];
      if (samples !== undefined) return increase(`${samples}_total`);
      break;
    }
    case "Maximum":
      if (type === "gauge") return `max by (instance) (max_over_time(${name}${range}))`;
      break;
  }
  const quantile = metric.Stat === "Maximum" ? 1 : Number(/^p(\d+)$/.exec(metric.Stat)?.[1]) / 100;
  if (type !== "histogram" || Number.isNaN(quantile)) throw unknown(metric);
  return `histogram_quantile(${quantile}, sum by (instance, le) (increase(${name}_bucket${range})))`;
}

/** Formats a number of seconds as a Prometheus duration, such as `5m`. */
export function formatPrometheusDuration(seconds: number): string {
  if (seconds % 3600 === 0) return `${seconds / 3600}h`;
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;
}

function toQueueQuery(metric: MetricStat): string {
  const range = formatPrometheusDuration(metric.Period);
  const resource = metric.Dimensions.find(({ Name }) => Name === "QueueName")?.Value ?? "";
  const queue = /^(?:\$\{)?(Poll|Notify)(Dead)?/.exec(resource);
  const name = QUEUE_METRICS[metric.MetricName];
  if (name === undefined || queue === null || metric.Stat !== "Maximum") throw unknown(metric);
  const label = `${queue[1]?.toLowerCase()}${queue[2] ?? ""}`;
  return `max by (instance) (max_over_time(${name}{queue="${label}"}[${range}]))`;
}

function unknown({ Namespace, MetricName, Stat }: MetricStat): NoPrometheusQueryError {
  return new NoPrometheusQueryError(`${Stat} of ${Namespace} ${MetricName} has no Prometheus query`);
}
