import * as z from "zod";

/** The files a corpus may hold, each with a checker of the same name in this directory. */
export const CORPUS_FILES = [
  "cce-jobs",
  "cce-replies",
  "create-replies",
  "delivery-responses",
  "egress",
  "signatures",
] as const;

const Named = z.looseObject({ name: z.string(), expect: z.unknown().optional() });

/** A checker answers null for a case that passes, else what was expected and what came instead. */
const Checker = z.object({
  check: z.custom<(testCase: unknown) => string | null | Promise<string | null>>(
    (value) => typeof value === "function",
  ),
});
export type Check = z.infer<typeof Checker>["check"];

/** The checker for a file of the corpus; where there is none, one under which every case fails, and says so. */
export async function loadCheck(file: string): Promise<Check> {
  try {
    return Checker.parse(await import(`./${file}.ts`)).check;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return () => `there is no checker for ${file}.jsonl (${why})`;
  }
}

/** Runs one line. Null when it passes, else its name and what is wrong; a line that cannot be read fails too. */
export async function checkLine(line: string, check: Check): Promise<string | null> {
  let name = line.slice(0, 60);
  try {
    const testCase = Named.parse(JSON.parse(line));
    name = testCase.name;
    const mismatch = await check(testCase);
    return mismatch === null ? null : `${name}: ${mismatch}`;
  } catch (error) {
    return `${name}: ${error instanceof Error ? error.message : String(error)}`;
  }
}
