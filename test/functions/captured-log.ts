import * as z from "zod";
import { publishMetrics } from "../../lib/runtime/metrics.ts";
import { captured } from "../lib/runtime/captured.ts";

/** The fields that the logger adds to each line. */
const ADDED = ["level", "timestamp", "function_request_id"];

/** A log line with metrics, as Amazon CloudWatch reads it. */
const MetricLine = z.object({
  _aws: z.object({
    CloudWatchMetrics: z.array(
      z.object({
        Dimensions: z.array(z.array(z.string())),
        Metrics: z.array(z.object({ Name: z.string() })),
      }),
    ),
  }),
});

/**
 * Runs a function as one invocation. Returns the log lines without the standard fields of the logger, the metrics by
 * name, and a function that returns the names of the dimensions with which a metric was published.
 */
export async function capturedLog(run: () => void) {
  const lines = await captured(() => {
    run();
    publishMetrics();
  });
  const logged = lines
    .filter((line) => "message" in line)
    .map((line) => Object.fromEntries(Object.entries(line).filter(([name]) => !ADDED.includes(name))));
  const entries = lines.filter((line) => "_aws" in line);
  const metrics = Object.assign({}, ...entries) as Record<string, unknown>;
  const sets = entries.flatMap((line) => MetricLine.parse(line)._aws.CloudWatchMetrics);
  const dimensionsOf = (name: string) =>
    sets
      .filter((set) => set.Metrics.some(({ Name }) => Name === name))
      .map(({ Dimensions: [names = []] }) => names.filter((dimension) => dimension !== "service"));
  return { logged, metrics, dimensionsOf };
}
