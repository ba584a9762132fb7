import { ALARM_METRICS, METRICS } from "../../lib/runtime/metrics.ts";
import { metricsIn, readEmittedMetrics } from "./emitted-metrics.ts";

test("reads the dimensions of each call", () => {
  const source = `
    meter.add("Accepted", jobIds.length);
    if (a) meter.add("PollsWithoutJob", isJob(x) ? 0 : 1);
    meter.add("Attempts", 1, { verdict, kind: target.kind });
    meter.add(
      "Polls", 1,
      { observation },
    );
    meter.add(isInvalid ? "ConfigInvalid" : "ConfigUnreadable", 1);`;
  expect(metricsIn(source)).toEqual([
    "Accepted service",
    "PollsWithoutJob service",
    "Attempts kind,service,verdict",
    "Polls observation,service",
    "ConfigInvalid service",
    "ConfigUnreadable service",
  ]);
  expect(() => metricsIn("meter.add(name, 1)")).toThrow("cannot be read");
});

test("the code emits every metric", async () => {
  const names = [...(await readEmittedMetrics())].map((metric) => metric.split(" ")[0]);
  expect([...new Set(names)].sort()).toEqual([...METRICS, ...ALARM_METRICS].sort());
});
