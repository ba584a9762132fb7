import { publishMetrics } from "../../lib/runtime/metrics.ts";
import { captured } from "../lib/runtime/captured.ts";

/** The fields that the logger adds to each line. */
const ADDED = ["level", "timestamp", "service", "function_request_id"];

/**
 * Runs a function as one invocation. Returns the log lines without the standard fields of the logger, and the metrics
 * by name.
 */
export async function capturedLog(run: () => void) {
  const lines = await captured(() => {
    run();
    publishMetrics();
  });
  const logged = lines
    .filter((line) => "message" in line)
    .map((line) => Object.fromEntries(Object.entries(line).filter(([name]) => !ADDED.includes(name))));
  const metrics = Object.assign({}, ...lines.filter((line) => "_aws" in line)) as Record<string, unknown>;
  return { logged, metrics };
}
