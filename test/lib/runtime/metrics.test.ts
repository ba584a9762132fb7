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

test("a count with dimensions is a record of its own", async () => {
  const records = await recordsOf(() => {
    meter.add("Attempts", 1, { kind: "slack", verdict: "retry" });
    meter.add("Attempts", 1);
    publishMetrics();
  });
  expect(records.map((record) => record._aws.CloudWatchMetrics[0]?.Dimensions[0]?.toSorted())).toEqual([
    ["kind", "service", "verdict"],
    ["service"],
  ]);
  expect(records[0]).toMatchObject({ kind: "slack", verdict: "retry", Attempts: 1 });
});

test("the names of metrics are fixed: alarms and dashboards of others rest on them", () => {
  expect([...METRICS].sort()).toEqual([
    "Accepted",
    "AttemptMilliseconds",
    "Attempts",
    "AttemptsFailed",
    "BooksBalance",
    "Concluded",
    "ConfigInvalid",
    "DeadLetters",
    "LagSeconds",
    "LedgerConflicts",
    "LiveWatches",
    "LookLatenessSeconds",
    "Looks",
    "Notices",
    "RecordsFailed",
    "Stopped",
    "SweepFound",
    "SweepLeft",
    "TargetGone",
  ]);
});
