import { readFileSync } from "node:fs";
import * as z from "zod";
import { UsageError } from "../local/ops/command.ts";
import { readScriptArguments } from "../local/ops/script-arguments.ts";
import { Comparison, compareSchedules } from "./schedule/compare-schedules.ts";

const USAGE = `Compares the schedule of polls with other schedules. Prints one JSON object.

  npm run --silent bench:schedule -- FILE

FILE contains the durations of jobs as JSON. docs/schedule.md describes the file and the result.
`;

const comparison = readScriptArguments(
  USAGE,
  { allowPositionals: true },
  ({ positionals: [file, ...more] }) => {
    if (file === undefined || more.length > 0) throw new UsageError("give one file");
    try {
      return Comparison.parse(JSON.parse(readFileSync(file, "utf8")));
    } catch (error) {
      throw new UsageError(`${file} cannot be used: ${describe(error)}`);
    }
  },
);
process.stdout.write(`${JSON.stringify(compareSchedules(comparison))}\n`);

function describe(error: unknown): string {
  if (error instanceof z.ZodError) return z.prettifyError(error);
  return error instanceof Error ? error.message : String(error);
}
