import { METRICS } from "../../../lib/runtime/metrics.ts";
import { LABELLED_METRICS, MetricRegistry } from "../../../server/process/metric-registry.ts";
import { readEmittedMetrics } from "../../template/emitted-metrics.ts";

describe("the page /metrics", () => {
  it("contains each counter without labels from the start of the process, because a new counter shows no increase", () => {
    const page = new MetricRegistry().render([]);
    expect(page).toMatch(/^DeadLetters_total 0$/m);
    expect(page).toMatch(/^PollLatenessSeconds_count 0$/m);
    expect(page).toMatch(/^SweepFound_samples_total 0$/m);
    expect(page).not.toMatch(/^SweepFound 0$/m);
  });

  it("contains the latest value of a state, and the number of its values", () => {
    const metrics = new MetricRegistry();
    metrics.add("SweepFound", 7, {});
    metrics.add("SweepFound", 2, {});
    expect(metrics.render([])).toMatch(/^SweepFound 2$/m);
    expect(metrics.render([])).toMatch(/^SweepFound_samples_total 2$/m);
  });

  it("counts a value with labels once, although the service also writes the total for CloudWatch", () => {
    const metrics = new MetricRegistry();
    metrics.add("Attempts", 1, {});
    metrics.add("Attempts", 1, { kind: "slack", verdict: "delivered" });
    expect(metrics.render([]).match(/^Attempts_total.*$/gm)).toEqual([
      'Attempts_total{kind="slack",verdict="delivered"} 1',
    ]);
  });

  it("counts a value in each bucket whose upper limit is not below the value", () => {
    const metrics = new MetricRegistry();
    for (const seconds of [0.1, 5, 6, 4000]) metrics.add("LagSeconds", seconds, {});
    const buckets = [...metrics.render([]).matchAll(/^LagSeconds_bucket\{le="(.+)"\} (\d+)$/gm)];
    const counts = Object.fromEntries(buckets.map(([, limit, count]) => [limit, Number(count)]));
    expect(counts).toMatchObject({ "0.1": 1, "2.5": 1, "5": 2, "10": 3, "3600": 3, "+Inf": 4 });
  });

  it("escapes quotes, backslashes and line breaks in the value of a label", () => {
    const samples = [{ labels: { queue: 'a"b\\c\nd' }, value: 1 }];
    expect(new MetricRegistry().render([{ name: "Size", help: "The size.", samples }])).toContain(
      'Size{queue="a\\"b\\\\c\\nd"} 1\n',
    );
  });

  it("knows which metrics the service writes with labels", async () => {
    const emitted = [...(await readEmittedMetrics())].map((metric) => metric.split(" "));
    const labelled = emitted.filter(([, dimensions]) => dimensions !== "service").map(([name]) => name);
    expect([...LABELLED_METRICS].sort()).toEqual([...new Set(labelled)].sort());
    expect(METRICS).toEqual(expect.arrayContaining([...LABELLED_METRICS]));
  });
});
