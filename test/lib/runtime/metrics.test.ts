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

test("what is counted is written at the end of an invocation, all of it in one record", async () => {
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

test("every set of dimensions is a record of its own, whatever was counted for it", async () => {
  const records = await recordsOf(() => {
    meter.add("Attempts", 1, { kind: "slack", verdict: "retry" });
    meter.add("Attempts", 1);
    meter.add("Attempts", 1, { kind: "slack", verdict: "retry" });
    publishMetrics();
  });
  const told = new Map(
    records.map((record) => [record._aws.CloudWatchMetrics[0]?.Dimensions[0]?.toSorted().join(), record]),
  );
  expect([...told.keys()].sort()).toEqual(["kind,service,verdict", "service"]);
  expect(told.get("kind,service,verdict")).toMatchObject({
    kind: "slack",
    verdict: "retry",
    Attempts: [1, 1],
  });
  expect(told.get("service")).toMatchObject({ Attempts: 1 });
});

test("the names of metrics are fixed: alarms and dashboards of others rest on them", () => {
  expect([...METRICS].sort()).toEqual([
    "Accepted",
    "AttemptMilliseconds",
    "Attempts",
    "AttemptsFailed",
    "AuditDiscrepancy",
    "Concluded",
    "ConfigInvalid",
    "DeadLetters",
    "LagSeconds",
    "LedgerConflicts",
    "LiveWatches",
    "Notifications",
    "NotificationsOverdue",
    "PollLatenessSeconds",
    "Polls",
    "PollsWithoutJob",
    "RecordsFailed",
    "Stopped",
    "SweepFound",
    "SweepLeft",
    "TargetGone",
  ]);
});
