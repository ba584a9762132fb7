import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import * as z from "zod";
import {
  formatPrometheusDuration,
  type MetricStat,
  NoPrometheusQueryError,
  toPrometheusQuery,
} from "./prometheus-query.ts";

const Properties = z.object({
  title: z.string(),
  stat: z.string().default("Sum"),
  period: z.number().default(300),
  metrics: z.array(z.array(z.unknown())),
});
const Widget = z.object({
  x: z.number(),
  y: z.number(),
  width: z.number(),
  height: z.number(),
  properties: Properties,
});
const Resources = z.object({
  Resources: z.object({
    Dashboard: z.object({ Properties: z.object({ DashboardBody: z.tuple([z.string(), z.unknown()]) }) }),
  }),
});
const Options = z.object({ stat: z.string().optional(), label: z.string().optional() });
const Search = z.tuple([z.object({ expression: z.string() })]);

interface Query {
  readonly expr: string;
  readonly legendFormat: string;
}

/**
 * Returns the Grafana dashboard of the one-node edition as JSON. Each widget of the AWS dashboard in
 * `resources/dashboard.yml` becomes a panel, except the widgets about Lambda.
 * @throws NoPrometheusQueryError if a metric of a dashboard widget has no Prometheus query
 */
export function convertAwsDashboardToGrafana(): string {
  const panels = readWidgets().flatMap(({ x, y, width, height, properties }, i) => {
    const queries = toQueries(properties);
    if (queries.length === 0) return [];
    return {
      id: i + 1,
      type: "timeseries",
      title: properties.title,
      datasource: { type: "prometheus", uid: "$datasource" },
      gridPos: { x, y, w: width, h: height },
      fieldConfig: { defaults: { min: 0 }, overrides: [] },
      targets: queries.map((query, n) => ({ refId: String.fromCharCode(65 + n), ...query })),
    };
  });
  const dashboard = {
    title: "CCE job notifier",
    uid: "cce-job-notifier",
    schemaVersion: 39,
    refresh: "1m",
    time: { from: "now-24h", to: "now" },
    templating: {
      list: [{ name: "datasource", label: "Data source", type: "datasource", query: "prometheus" }],
    },
    panels,
  };
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}

function readWidgets() {
  const file = fileURLToPath(new URL("../../resources/dashboard.yml", import.meta.url));
  const { Resources: resources } = Resources.parse(parse(readFileSync(file, "utf8"), { logLevel: "error" }));
  const [body] = resources.Dashboard.Properties.DashboardBody;
  return z.object({ widgets: z.array(Widget) }).parse(JSON.parse(body)).widgets;
}

function toQueries({ metrics, stat, period }: z.infer<typeof Properties>): readonly Query[] {
  let previous: readonly string[] = [];
  return metrics.flatMap((entry) => {
    const search = Search.safeParse(entry);
    if (search.success) return toSearchQuery(search.data[0].expression);
    const texts = entry.filter((part) => typeof part === "string");
    // In a CloudWatch widget, "..." at the beginning of a metric stands for the same entries as in the previous metric.
    const names = texts[0] === "..." ? [...previous.slice(0, 1 - texts.length), ...texts.slice(1)] : texts;
    previous = names;
    const [Namespace = "", MetricName = "", Name = "", Value = ""] = names;
    if (Namespace === "AWS/Lambda" || Namespace === "AWS/ApiGateway") return [];
    const options = Options.parse(entry.find((part) => typeof part === "object") ?? {});
    const Stat = options.stat ?? stat;
    const metric = { Namespace, MetricName, Dimensions: [{ Name, Value }], Stat, Period: period };
    return [
      {
        expr: toPrometheusQuery(toShownStatistic(metric)),
        legendFormat: options.label ?? `${MetricName} ${Stat}`,
      },
    ];
  });
}

/**
 * Returns the statistic of a metric that the Grafana dashboard shows. The dashboard shows the maximum of a metric that
 * measures a state, and not the sum.
 */
function toShownStatistic(metric: MetricStat): MetricStat {
  try {
    toPrometheusQuery(metric);
    return metric;
  } catch (error) {
    if (!(error instanceof NoPrometheusQueryError) || metric.Stat !== "Sum") throw error;
    return { ...metric, Stat: "Maximum" };
  }
}

/**
 * Translates a CloudWatch search expression to a PromQL query. A search expression finds all metrics with the given
 * name, for all values of their dimensions.
 */
function toSearchQuery(expression: string): Query {
  const pattern = /^SEARCH\('\{"[^"]+",service,([\w,]+)\} MetricName="(\w+)"', 'Sum', (\d+)\)$/;
  const [, labels, name, period] = pattern.exec(expression) ?? [];
  if (labels === undefined) throw new NoPrometheusQueryError(`${expression} has no Prometheus query`);
  const range = formatPrometheusDuration(Number(period));
  const legendFormat = labels
    .split(",")
    .map((label) => `{{${label}}}`)
    .join(" ");
  return { expr: `sum by (${labels}) (increase(${name}_total[${range}]))`, legendFormat };
}
