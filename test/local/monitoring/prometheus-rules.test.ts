import { readFileSync } from "node:fs";
import { parse } from "yaml";
import * as z from "zod";
import { convertAwsDashboardToGrafana } from "../../../local/monitoring/aws-dashboard-to-grafana.ts";
import { NoPrometheusQueryError, toPrometheusQuery } from "../../../local/monitoring/prometheus-query.ts";
import { MetricRegistry } from "../../../server/process/metric-registry.ts";

const Rules = z.object({
  groups: z.tuple([
    z.object({
      rules: z.array(
        z.object({
          alert: z.string(),
          expr: z.string(),
          for: z.string().optional(),
          annotations: z.object({ summary: z.string(), runbook: z.string() }),
        }),
      ),
    }),
  ]),
});
const readText = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const { rules } = Rules.parse(parse(readText("deploy/monitoring/prometheus-rules.yml"))).groups[0];
const alarms = ["jobs", "queues", "functions"].flatMap((name) =>
  [...readText(`resources/alarms-${name}.yml`).matchAll(/^ {2}(\w+Alarm):$/gm)].map(([, id = ""]) => id),
);

/**
 * The alerts for each alarm on AWS that has no alert of the same name. On AWS, one alarm covers several faults, because an
 * alarm costs 0.10 dollars per metric and month.
 */
const ALERTS: Readonly<Record<string, readonly string[]>> = {
  OverdueAlarm: ["Overdue", "SweepFailures", "PollQueueStuck", "NotifyQueueStuck", "RecordsFailed"],
  ConfigFaultsAlarm: ["ConfigInvalid", "DiscoveryFailing", "EventsFailing", "ResourcesRefused"],
  GivenUpAlarm: ["DeadLetters", "PollsGivenUp", "TargetGone", "PollDeadLetters"],
  // A crash of a function is a crash of the process.
  ErrorsAlarm: ["ServiceDown"],
  // Only Lambda stops recursive loops, and only SQS limits the messages in flight.
  LoopStoppedAlarm: [],
  NotifyQueueFullAlarm: [],
};

describe("the Prometheus rules", () => {
  it("contain an alert for each fault that an alarm on AWS reports", () => {
    const expected = alarms.flatMap((id) => ALERTS[id] ?? [id.replace(/Alarm$/, "")]);
    expect(rules.map(({ alert }) => alert).sort()).toEqual(expected.sort());
    expect(Object.keys(ALERTS).filter((id) => !alarms.includes(id))).toEqual([]);
  });

  it("refer to existing sections of the documents", () => {
    for (const { annotations } of rules) {
      const [file = "", anchor = ""] = annotations.runbook.split("#");
      expect(readText(file).toLowerCase()).toMatch(new RegExp(`^##+ ${anchor}$`, "m"));
    }
  });

  it("fire for the limits of the alarms on AWS", () => {
    const find = (name: string) => rules.find(({ alert }) => alert === name);
    expect(find("Overdue")).toMatchObject({ expr: "min by (instance) (SweepFound) >= 5", for: "15m" });
    expect(find("PollsFailing")).toMatchObject({
      expr: "sum by (instance) (increase(PollsWithoutJob_total[5m])) / sum by (instance) (increase(Polls_total[5m])) >= 0.5",
      for: "10m",
    });
    expect(find("RunawayPolls")?.expr).toBe("sum by (instance) (increase(Polls_total[1h])) >= 20000");
    expect(find("ApiErrors")).toMatchObject({
      expr: "sum by (instance) (increase(ServerErrors_total[5m])) >= 3",
      for: "5m",
    });
    expect(find("DeadLetters")?.for).toBeUndefined();
  });
});

it("the queries of the rules and of the dashboard use only metrics of the page /metrics", () => {
  const metrics = new MetricRegistry();
  metrics.add("Polls", 1, { observation: "job" });
  metrics.add("Concluded", 1, { outcome: "succeeded" });
  metrics.add("Attempts", 1, { kind: "slack", verdict: "delivered" });
  for (const name of ["AuditDiscrepancy", "LiveWatches", "SweepFound", "SweepFailures"] as const)
    metrics.add(name, 0, {});
  const page = metrics.render([]);
  const names = `${rules.map(({ expr }) => expr).join(" ")} ${convertAwsDashboardToGrafana()}`.match(
    /\b[A-Z][A-Za-z]+(?:_(?:total|samples_total|bucket|count))?(?=[[{)])/g,
  );
  expect(names?.length).toBeGreaterThan(30);
  // These measurements come from the database. The test of the command reads them from a running service.
  const measured = /^Queue(?:MessagesVisible|MessagesHidden|OldestSeconds)$/;
  expect([...new Set(names)].filter((name) => !measured.test(name) && !page.includes(`\n${name}`))).toEqual(
    [],
  );
});

it("a statistic without a Prometheus query is an error", () => {
  const metric = { Namespace: "AWS/Lambda", MetricName: "Errors", Dimensions: [], Stat: "Sum", Period: 300 };
  expect(() => toPrometheusQuery(metric)).toThrow(NoPrometheusQueryError);
});
