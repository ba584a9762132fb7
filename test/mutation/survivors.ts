import { readFileSync } from "node:fs";
import * as z from "zod";

/** A mutant that no test has to detect. */
const Survivor = z.strictObject({
  file: z.string(),
  /** The line of the source that the mutant changes. */
  line: z.string(),
  mutator: z.string(),
  replacement: z.string(),
  /** Why the mutant behaves like the code, or why a test is not worth its cost. */
  reason: z.string().min(20),
});
export type Survivor = z.infer<typeof Survivor>;

/** Reads the list of mutants that no test has to detect. */
export function readSurvivors(): readonly Survivor[] {
  return z.array(Survivor).parse(JSON.parse(readFileSync("test/mutation/survivors.json", "utf8")));
}

/** Reads the list of the files that CI samples. All survivors of these files are in the list of survivors. */
export function readSampleFiles(): readonly string[] {
  return z.array(z.string()).parse(JSON.parse(readFileSync("test/mutation/sample.json", "utf8")));
}

/** Returns true if the list entry is about this mutant. */
export function isSurvivor(survivor: Survivor, mutant: Omit<Survivor, "reason">): boolean {
  return (["file", "line", "mutator", "replacement"] as const).every(
    (name) => survivor[name] === mutant[name],
  );
}

/** Returns a line of a source file without the spaces around it. Lines count from 1. */
export function sourceLine(file: string, line: number): string {
  return readFileSync(file, "utf8").split("\n")[line - 1]?.trim() ?? "";
}
