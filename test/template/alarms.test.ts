import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import {
  ALARM_NAMES,
  LONGEST_ALARM_TEXT,
  LONGEST_NAMES,
  MAX_PROXY_BYTES,
  MAX_STAGE_LENGTH,
} from "../../local/ops/stage-limits.ts";
import { emittedMetric, readEmittedMetrics } from "./emitted-metrics.ts";
import { compileOwnTemplate, type OwnTemplate, ROOT, resourcesOf } from "./own-template.ts";

const OWN = "cce-job-notifier/dev";

const Metric = z.object({
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions: z.array(z.object({ Name: z.string(), Value: z.string() })),
});
const Alarm = z.object({
  AlarmName: z.string(),
  AlarmDescription: z.string(),
  AlarmActions: z.array(z.string()),
  Namespace: z.string().optional(),
  MetricName: z.string().optional(),
  Dimensions: Metric.shape.Dimensions.optional(),
  Metrics: z.array(z.object({ MetricStat: z.object({ Metric }).optional() })).default([]),
});

let own: OwnTemplate;
let runbook: string;
beforeAll(async () => {
  own = await compileOwnTemplate();
  runbook = await readFile(join(ROOT, "docs/runbook.md"), "utf8");
});

const alarms = () =>
  resourcesOf(own, "AWS::CloudWatch::Alarm", Alarm).map(({ properties }) => ({
    ...properties,
    name: properties.AlarmName.replace("cce-job-notifier-dev-", ""),
    watched: [
      ...Metric.array().parse(properties.MetricName === undefined ? [] : [properties]),
      ...properties.Metrics.flatMap(({ MetricStat }) => MetricStat?.Metric ?? []),
    ],
  }));

test("every alarm links to the runbook section with its name, and every such section has an alarm", () => {
  const headings = [...runbook.matchAll(/^### (\S+)$/gm)].map(([, name]) => name);
  expect(headings.toSorted()).toEqual(
    alarms()
      .map(({ name }) => name)
      .toSorted(),
  );
  for (const { name, AlarmDescription } of alarms())
    expect(AlarmDescription).toMatch(new RegExp(` docs/runbook\\.md#${name}$`));
});

test("every alarm notifies only the SNS topic", () => {
  for (const { AlarmActions } of alarms()) {
    expect(AlarmActions).toEqual([expect.stringMatching(/^arn:aws:sns:.*:cce-job-notifier-dev-alarms$/)]);
  }
});

test("the documents state the true numbers of alarms and alarm metrics", async () => {
  const watched = alarms().flatMap((alarm) => alarm.watched);
  const costs = await readFile(join(ROOT, "docs/costs.md"), "utf8");
  expect(costs).toContain(`${alarms().length} alarms over ${watched.length} metrics.`);
  expect(costs).toMatch(new RegExp(`^\\| alarms \\|( ${(watched.length / 10).toFixed(2)} \\|){3}$`, "m"));
  expect(await readFile(join(ROOT, "docs/deploy.md"), "utf8")).toContain(`, ${alarms().length} alarms,`);
});

test("the doctor knows every alarm, and the check of stage files knows the longest names and texts", () => {
  expect(
    alarms()
      .map(({ name }) => name)
      .toSorted(),
  ).toEqual([...ALARM_NAMES].toSorted());
  const longest = (names: readonly string[]) => Math.max(...names.map((name) => name.length));
  const withoutPrefix = (name: string) => name.replace("cce-job-notifier-dev-", "");
  const names = {
    function: own.service.functions.map(({ name }) => withoutPrefix(name)),
    queue: own.service.queues.map(({ name }) => withoutPrefix(name)),
    alarm: [...ALARM_NAMES],
  };
  for (const kind of ["function", "queue", "alarm"] as const) {
    expect(names[kind]).toContain(LONGEST_NAMES[kind].name);
    expect(LONGEST_NAMES[kind].name).toHaveLength(longest(names[kind]));
  }
  const texts = alarms().map(({ AlarmDescription }) => AlarmDescription.replace("docs/runbook.md", ""));
  expect(longest(texts)).toBe(LONGEST_ALARM_TEXT);
});

test("Lambda accepts the environment variables of each function with the longest proxy settings and the longest stage name", () => {
  for (const { environment } of own.service.functions) {
    const text = JSON.stringify({ ...environment, HTTPS_PROXY: "x".repeat(MAX_PROXY_BYTES) })
      .replaceAll("dev", "s".repeat(MAX_STAGE_LENGTH))
      .replaceAll("http://sqs", "https://sqs.us-isob-east-1.sc2s.sgov.gov");
    expect(Buffer.byteLength(text)).toBeLessThan(4096);
  }
});

const Body = z.object({
  widgets: z.array(z.object({ properties: z.object({ metrics: z.array(z.array(z.unknown())) }) })).min(5),
});

test("the dashboard is JSON and shows metrics that the code emits, with their dimensions", async () => {
  const [dashboard] = resourcesOf(own, "AWS::CloudWatch::Dashboard", z.object({ DashboardBody: z.string() }));
  const { widgets } = Body.parse(JSON.parse(dashboard?.properties.DashboardBody ?? ""));
  const shown = widgets.flatMap(({ properties }) => properties.metrics);
  const named = shown
    .filter(([namespace]) => namespace === OWN)
    .map(([, name, dimension]) => emittedMetric(String(name), [String(dimension)]));
  const searched = [...JSON.stringify(shown).matchAll(/\\",([\w,]+)\} MetricName=\\+"(\w+)/g)].map(
    ([, dimensions = "", name = ""]) => emittedMetric(name, dimensions.split(",")),
  );
  expect(named.length).toBeGreaterThan(5);
  expect(searched.length).toBeGreaterThan(2);
  const emitted = await readEmittedMetrics();
  for (const metric of [...named, ...searched]) expect([...emitted]).toContain(metric);
});
