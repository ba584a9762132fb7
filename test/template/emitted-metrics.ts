import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ALARM_METRICS, isMetricName, toAddendOfSharedAlarmMetricOrNull } from "../../lib/runtime/metrics.ts";
import { ROOT } from "./own-template.ts";

const CALL = "meter.add(";

/**
 * Returns the metrics that the code emits, each as its name and the sorted names of its dimensions: `Attempts
 * kind,service,verdict`. Powertools adds the dimension `service` to each. A metric with one dimension more is another
 * metric.
 * @throws Error for a call that it cannot read.
 */
export async function readEmittedMetrics(): Promise<ReadonlySet<string>> {
  const metrics = new Set<string>();
  for (const folder of ["functions", "lib"])
    for (const file of await readdir(join(ROOT, folder), { recursive: true }))
      if (file.endsWith(".ts"))
        for (const metric of metricsIn(await readFile(join(ROOT, folder, file), "utf8"))) metrics.add(metric);
  for (const metric of metrics) for (const counted of countedAlso(metric)) metrics.add(counted);
  return metrics;
}

/** Returns the metrics of alarms in which a metric without dimensions of its own also counts. */
function countedAlso(metric: string): readonly string[] {
  return ALARM_METRICS.filter(
    (alarm) =>
      [1, 1e6].some((value) => {
        const [name = ""] = metric.split(" ");
        return isMetricName(name) && toAddendOfSharedAlarmMetricOrNull(name, value)?.name === alarm;
      }) && metric === emittedMetric(metric.split(" ")[0] ?? "", []),
  ).map((alarm) => emittedMetric(alarm, []));
}

/** Returns the metrics that one source emits. */
export function metricsIn(source: string): readonly string[] {
  return source
    .split(CALL)
    .slice(1)
    .flatMap((rest) => {
      const parameters = untilClosingParenthesis(rest);
      // The name may be chosen by a condition. Neither a condition nor a name contains a comma.
      const [choice = ""] = parameters.split(",");
      const names = [...choice.matchAll(/"([A-Z]\w*)"/g)].flatMap(([, name]) => name ?? []);
      const literal = /,\s*\{([^{}]*)\}\s*,?\s*$/.exec(parameters)?.[1] ?? "";
      const keys = literal.split(",").flatMap((entry) => entry.split(":")[0]?.trim() || []);
      if (names.length === 0 || keys.some((key) => !/^\w+$/.test(key)))
        throw new Error(`cannot be read: ${CALL}${parameters})`);
      return names.map((name) => emittedMetric(name, keys));
    });
}

export const emittedMetric = (name: string, dimensions: readonly string[]) =>
  `${name} ${[...new Set(["service", ...dimensions])].sort().join()}`;

function untilClosingParenthesis(text: string): string {
  let open = 1;
  for (const [index, character] of [...text].entries()) {
    if (character === "(") open += 1;
    if (character === ")") open -= 1;
    if (open === 0) return [...text].slice(0, index).join("");
  }
  throw new Error("a parenthesis is not closed");
}
