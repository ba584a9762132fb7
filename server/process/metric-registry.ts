import { type Dimensions, METRICS, type MetricName, UNITS } from "../../lib/runtime/metrics.ts";

/**
 * The content type of the OpenMetrics text format
 * (https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md).
 */
export const OPENMETRICS_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/**
 * The metrics that measure a current state, such as the number of running watches. For each metric of a current state,
 * the page `/metrics` shows the latest value and the number of values.
 */
const GAUGES: ReadonlySet<string> = new Set<MetricName>([
  "LiveWatches",
  "AuditDiscrepancy",
  "SweepFound",
  "SweepFailures",
  "NotificationsOverdue",
]);

/**
 * The metrics with labels. Prometheus can compute the total over all labels. CloudWatch cannot compute such totals, so
 * on AWS the service also writes the totals of some metrics.
 */
export const LABELLED_METRICS: ReadonlySet<string> = new Set<MetricName>([
  "Polls",
  "Concluded",
  "OperationsConcluded",
  "Events",
  "Notifications",
  "Attempts",
  "AttemptMilliseconds",
]);

/** The upper limits of the histogram buckets, for values in seconds and for values in milliseconds. */
const SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 1800, 3600];
const MILLISECONDS = [10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];

interface Series {
  sum: number;
  count: number;
  latest: number;
  /** For each bucket, the number of values that are less than or equal to the bucket's upper limit. */
  readonly buckets: number[];
}

/** A metric that is measured during each request for `/metrics`, such as the length of a queue. */
export interface Measurement {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly { readonly labels: Dimensions; readonly value: number }[];
}

/** Collects metrics and formats them as OpenMetrics text. */
export class MetricRegistry {
  readonly #families = new Map<MetricName, Map<string, Series>>();

  constructor() {
    // Each counter exists from the start, with the value 0. Otherwise Prometheus would miss the first increase of the
    // counter.
    for (const name of METRICS) if (!LABELLED_METRICS.has(name)) this.#seriesOf(name, {});
  }

  readonly add = (name: MetricName, value: number, dimensions: Dimensions): void => {
    if (LABELLED_METRICS.has(name) && Object.keys(dimensions).length === 0) return;
    const limits = limitsOf(name);
    const series = this.#seriesOf(name, dimensions);
    series.sum += value;
    series.count += 1;
    series.latest = value;
    for (const [i, limit] of limits.entries())
      if (value <= limit) series.buckets[i] = (series.buckets[i] ?? 0) + 1;
  };

  #seriesOf(name: MetricName, dimensions: Dimensions): Series {
    const family = this.#families.get(name) ?? new Map<string, Series>();
    this.#families.set(name, family);
    const labels = formatLabels(dimensions);
    const buckets = limitsOf(name).map(() => 0);
    const series = family.get(labels) ?? { sum: 0, count: 0, latest: 0, buckets };
    family.set(labels, series);
    return series;
  }

  /** Returns the text of the page `/metrics`. The metrics in the text have the same names as in CloudWatch. */
  render(measurements: readonly Measurement[]): string {
    const families = [...this.#families].flatMap(([name, family]) => renderFamily(name, family));
    const measured = measurements.flatMap(({ name, help, samples }) => [
      `# TYPE ${name} gauge`,
      `# HELP ${name} ${help}`,
      ...samples.map(({ labels, value }) => `${name}${formatLabels(labels)} ${value}`),
    ]);
    return `${[...families, ...measured, "# EOF"].join("\n")}\n`;
  }
}

function renderFamily(name: MetricName, family: ReadonlyMap<string, Series>): string[] {
  const limits = limitsOf(name);
  const type = typeOfMetric(name);
  if (type === "gauge") return renderGauge(name, family);
  const samples = [...family].flatMap(([labels, series]) => {
    if (type === "counter") return [`${name}_total${labels} ${series.sum}`];
    return [
      ...limits.map(
        (limit, i) => `${name}_bucket${addLabel(labels, "le", String(limit))} ${series.buckets[i]}`,
      ),
      `${name}_bucket${addLabel(labels, "le", "+Inf")} ${series.count}`,
      `${name}_sum${labels} ${series.sum}`,
      `${name}_count${labels} ${series.count}`,
    ];
  });
  return [`# TYPE ${name} ${type}`, ...samples];
}

/** For a gauge without a value, the page `/metrics` shows only the number of its samples, which is 0. */
function renderGauge(name: MetricName, family: ReadonlyMap<string, Series>): string[] {
  const series = [...family];
  return [
    `# TYPE ${name} gauge`,
    ...series.flatMap(([labels, { latest, count }]) => (count > 0 ? [`${name}${labels} ${latest}`] : [])),
    `# TYPE ${name}_samples counter`,
    ...series.map(([labels, { count }]) => `${name}_samples_total${labels} ${count}`),
  ];
}

export function typeOfMetric(name: MetricName): "counter" | "gauge" | "histogram" {
  if (limitsOf(name).length > 0) return "histogram";
  return GAUGES.has(name) ? "gauge" : "counter";
}

function limitsOf(name: MetricName): readonly number[] {
  const unit = UNITS[name];
  if (unit === "Seconds") return SECONDS;
  return unit === "Milliseconds" ? MILLISECONDS : [];
}

/** Returns the labels in braces, sorted by name, or an empty string without labels. */
function formatLabels(labels: Dimensions): string {
  const escapeLabel = (value: string) => value.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n");
  const pairs = Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function addLabel(labels: string, name: string, value: string): string {
  const inner = labels === "" ? "" : `${labels.slice(1, -1)},`;
  return `{${inner}${name}="${value}"}`;
}
