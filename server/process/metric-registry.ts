import type { Dimensions, MetricName } from "../../lib/runtime/metrics.ts";
import { UNITS } from "../../lib/runtime/metrics.ts";

/** The content type of the text format (https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md). */
export const OPENMETRICS_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/** The metrics whose value is a state and not a number of events. The page shows their latest value. */
const GAUGES: ReadonlySet<MetricName> = new Set(["LiveWatches", "AuditDiscrepancy", "SweepFound"]);

/** The upper limits of the buckets of a histogram, in seconds and in milliseconds. */
const SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600];
const MILLISECONDS = [10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];

interface Series {
  sum: number;
  count: number;
  latest: number;
  /** For each bucket of a histogram, the number of values up to the limit of the bucket. */
  readonly buckets: number[];
}

/** A value that is measured when the page is read, such as the length of a queue. */
export interface Measurement {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly { readonly labels: Dimensions; readonly value: number }[];
}

/** Collects the metrics of the process and shows them in the format OpenMetrics. */
export class MetricRegistry {
  readonly #families = new Map<MetricName, Map<string, Series>>();

  readonly add = (name: MetricName, value: number, dimensions: Dimensions): void => {
    const family = this.#families.get(name) ?? new Map<string, Series>();
    this.#families.set(name, family);
    const labels = formatLabels(dimensions);
    const limits = limitsOf(name);
    const series = family.get(labels) ?? { sum: 0, count: 0, latest: 0, buckets: limits.map(() => 0) };
    family.set(labels, series);
    series.sum += value;
    series.count += 1;
    series.latest = value;
    for (const [i, limit] of limits.entries())
      if (value <= limit) series.buckets[i] = (series.buckets[i] ?? 0) + 1;
  };

  /** Returns the page `/metrics`. The names of the metrics are the names of the metrics on AWS. */
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
  const type = limits.length > 0 ? "histogram" : GAUGES.has(name) ? "gauge" : "counter";
  const samples = [...family].flatMap(([labels, series]) => {
    if (type === "counter") return [`${name}_total${labels} ${series.sum}`];
    if (type === "gauge") return [`${name}${labels} ${series.latest}`];
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

function limitsOf(name: MetricName): readonly number[] {
  const unit = UNITS[name];
  if (unit === "Seconds") return SECONDS;
  return unit === "Milliseconds" ? MILLISECONDS : [];
}

/** Returns labels in braces, sorted by name. Returns an empty text if there are no labels. */
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
