import * as z from "zod";
import { METRICS, meter, publishMetrics } from "../../../lib/runtime/metrics.ts";
import { captured } from "./captured.ts";

const Emf = z.looseObject({
  _aws: z.object({
    Timestamp: z.int(),
    CloudWatchMetrics: z.array(
      z.object({
        Namespace: z.string(),
        Dimensions: z.array(z.array(z.string())),
        Metrics: z.array(z.object({ Name: z.string(), Unit: z.string() })),
      }),
    ),
  }),
});

const recordsOf = async (run: () => void) => (await captured(run)).map((line) => Emf.parse(line));

test("all metrics without dimensions are written in one record", async () => {
  const [record, ...more] = await recordsOf(() => {
    meter.add("Accepted", 3);
    meter.add("LagSeconds", 4.5);
    meter.add("LagSeconds", 2);
    publishMetrics();
    publishMetrics();
  });
  expect(more).toEqual([]);
  expect(record).toMatchObject({ Accepted: 3, LagSeconds: [4.5, 2] });
  expect(record?._aws.CloudWatchMetrics).toEqual([
    {
      Namespace: expect.any(String),
      Dimensions: [["service"]],
      Metrics: [
        expect.objectContaining({ Name: "Accepted", Unit: "Count" }),
        expect.objectContaining({ Name: "LagSeconds", Unit: "Seconds" }),
      ],
    },
  ]);
});

test("an audit without a live watch writes no metric of live watches", async () => {
  const records = await recordsOf(() => {
    meter.add("AuditDiscrepancy", 0);
    meter.add("LiveWatches", 0);
    publishMetrics();
  });
  expect(records).toEqual([expect.objectContaining({ AuditDiscrepancy: 0 })]);
  expect(records[0]).not.toHaveProperty("LiveWatches");
});

test("each set of dimensions is written in its own record", async () => {
  const records = await recordsOf(() => {
    meter.add("Attempts", 1, { kind: "slack", verdict: "retry" });
    meter.add("Attempts", 1);
    meter.add("Attempts", 1, { kind: "slack", verdict: "retry" });
    publishMetrics();
  });
  const byDimensions = new Map(
    records.map((record) => [record._aws.CloudWatchMetrics[0]?.Dimensions[0]?.toSorted().join(), record]),
  );
  expect([...byDimensions.keys()].sort()).toEqual(["kind,service,verdict", "service"]);
  expect(byDimensions.get("kind,service,verdict")).toMatchObject({
    kind: "slack",
    verdict: "retry",
    Attempts: [1, 1],
  });
  expect(byDimensions.get("service")).toMatchObject({ Attempts: 1 });
});

test("the names of the metrics do not change, because alarms and dashboards of operators use them", () => {
  expect([...METRICS].sort()).toEqual([
    "Accepted",
    "AttemptMilliseconds",
    "Attempts",
    "AttemptsFailed",
    "AuditDiscrepancy",
    "Concluded",
    "ConfigInvalid",
    "ConfigUnreadable",
    "DeadLetters",
    "Events",
    "EventsFailed",
    "JobsDiscovered",
    "LagSeconds",
    "LedgerConflicts",
    "ListOverdueSeconds",
    "LiveWatches",
    "NotificationLatenessSeconds",
    "Notifications",
    "NotificationsOverdue",
    "OperationsConcluded",
    "PollLatenessSeconds",
    "Polls",
    "PollsGivenUp",
    "PollsWithoutJob",
    "RecordsFailed",
    "ResourceQueriesRefused",
    "ServerErrors",
    "SlowJobs",
    "Stopped",
    "SweepFailures",
    "SweepFound",
    "TargetGone",
  ]);
});
