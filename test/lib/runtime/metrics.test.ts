import { jest } from "@jest/globals";
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
        Metrics: z.array(z.looseObject({ Name: z.string() })),
      }),
    ),
  }),
});

const recordsOf = async (run: () => void) => (await captured(run)).map((line) => Emf.parse(line));

test("all metrics without dimensions are written in one record without units", async () => {
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
      Metrics: [{ Name: "Accepted" }, { Name: "LagSeconds" }],
    },
  ]);
});

test.each(["AttemptsFailed", "PollsWithoutJob"] as const)(
  "the value 0 of %s is written, because the average of all values is a share",
  async (name) => {
    const [record] = await recordsOf(() => {
      meter.add(name, 0);
      publishMetrics();
    });
    expect(record).toMatchObject({ [name]: 0 });
  },
);

test.each(["AuditDiscrepancy", "LiveWatches", "SweepFound"] as const)(
  "a schedule that finds nothing writes no value of %s, because AWS charges for each hour with a value",
  async (name) => {
    const records = await recordsOf(() => {
      meter.add(name, 0);
      publishMetrics();
      meter.add(name, 2);
      publishMetrics();
    });
    expect(records).toEqual([expect.objectContaining({ [name]: 2 })]);
  },
);

test.each([
  ["DeadLetters", 1, { GivenUp: 1 }],
  ["PollsGivenUp", 2, { GivenUp: 2 }],
  ["TargetGone", 1, { GivenUp: 1 }],
  ["ConfigInvalid", 1, { ConfigFaults: 3 }],
  ["ListOverdueSeconds", 1800, { ConfigFaults: 3 }],
  ["ListOverdueSeconds", 1799, {}],
  ["EventsFailed", 1, { ConfigFaults: 1 }],
  ["ResourceQueriesRefused", 1, { ConfigFaults: 1 }],
] as const)("the value of %s (%i) also counts in the metric of its alarm", async (name, value, counted) => {
  const [record] = await recordsOf(() => {
    meter.add(name, value);
    publishMetrics();
  });
  expect(record).toEqual({ _aws: expect.anything(), service: expect.any(String), [name]: value, ...counted });
  expect(record?._aws.CloudWatchMetrics).toMatchObject([
    { Dimensions: [["service"]], Metrics: [name, ...Object.keys(counted)].map((Name) => ({ Name })) },
  ]);
});

test("the values of all other metrics raise no alarm of a rare fault", async () => {
  const counted = ["DeadLetters", "PollsGivenUp", "TargetGone", "ConfigInvalid", "ListOverdueSeconds"];
  const others = METRICS.filter(
    (name) => ![...counted, "EventsFailed", "ResourceQueriesRefused"].includes(name),
  );
  const [record] = await recordsOf(() => {
    for (const name of others) meter.add(name, 5000);
    publishMetrics();
  });
  expect(Object.keys(record ?? {}).sort()).toEqual(["_aws", "service", ...others].sort());
});

/** Returns the samples of a metric with these dimensions, as CloudWatch reads them from the records. */
const samplesOf = (records: readonly z.infer<typeof Emf>[], name: string, dimensions: string) =>
  records.flatMap((record) =>
    record._aws.CloudWatchMetrics.filter(
      ({ Dimensions: [set = []], Metrics }) =>
        set.toSorted().join() === dimensions && Metrics.some((metric) => metric.Name === name),
    ).map(() => record[name]),
  );

test("sets of dimensions with different values of a field are written in separate records", async () => {
  const records = await recordsOf(() => {
    meter.add("Attempts", 1, { kind: "slack", verdict: "retry" });
    meter.add("Attempts", 1);
    meter.add("Attempts", 1, { kind: "slack", verdict: "retry" });
    meter.add("Attempts", 1, { kind: "webhook", verdict: "retry" });
    publishMetrics();
  });
  expect(records).toHaveLength(2);
  const slack = records.filter(({ kind }) => kind === "slack");
  expect(slack).toEqual([expect.objectContaining({ verdict: "retry", Attempts: [1, 1] })]);
  expect(samplesOf(slack, "Attempts", "kind,service,verdict")).toEqual([[1, 1]]);
  expect(samplesOf(records, "Attempts", "service")).toEqual([1]);
});

test("sets of dimensions that agree in all fields are written in one record", async () => {
  const records = await recordsOf(() => {
    meter.add("Attempts", 1);
    meter.add("Attempts", 1, { kind: "slack", verdict: "delivered" });
    meter.add("AttemptMilliseconds", 80, { kind: "slack" });
    publishMetrics();
  });
  expect(records).toHaveLength(1);
  expect(records[0]).toMatchObject({ service: expect.any(String), kind: "slack", verdict: "delivered" });
  expect(samplesOf(records, "Attempts", "service")).toEqual([1]);
  expect(samplesOf(records, "Attempts", "kind,service,verdict")).toEqual([1]);
  expect(samplesOf(records, "AttemptMilliseconds", "kind,service")).toEqual([80]);
});

test("a poll that saw its job is counted only by the metric of polls without a job", async () => {
  const records = await recordsOf(() => {
    for (const observation of ["job", "gone"]) {
      meter.add("Polls", 1, { observation });
      meter.add("PollsWithoutJob", 0);
    }
    publishMetrics();
  });
  expect(records).toEqual([
    expect.objectContaining({ observation: "gone", Polls: 1, PollsWithoutJob: [0, 0] }),
  ]);
});

test("a stage with disabled metrics writes no metric", async () => {
  const before = process.env;
  process.env = { ...before, POWERTOOLS_METRICS_DISABLED: "true" };
  try {
    jest.resetModules();
    const own = await import("../../../lib/runtime/metrics.ts");
    const records = await captured(() => {
      own.meter.add("Accepted", 1);
      own.publishMetrics();
    });
    expect(records).toEqual([]);
  } finally {
    process.env = before;
  }
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
    "FaultsFound",
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
