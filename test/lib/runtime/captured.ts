import { jest } from "@jest/globals";
import * as z from "zod";
import { publishMetrics } from "../../../lib/runtime/metrics.ts";

const Line = z.record(z.string(), z.unknown());

/**
 * Returns every JSON line that the logger and the metrics write while `run` runs. The metrics that an earlier test has
 * counted and not published are dropped.
 */
export async function captured(run: () => unknown): Promise<z.infer<typeof Line>[]> {
  let text = "";
  const take = (chunk: unknown) => {
    text += String(chunk);
    return true;
  };
  const spies = [process.stdout, process.stderr].map((stream) =>
    jest.spyOn(stream, "write").mockImplementation(take),
  );
  try {
    publishMetrics();
    text = "";
    await run();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return text
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => Line.parse(JSON.parse(line)));
}
