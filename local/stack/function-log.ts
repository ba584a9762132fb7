import { appendFileSync } from "node:fs";
import * as z from "zod";

const Leveled = z.object({ level: z.string() });
const LOUD: ReadonlySet<string> = new Set(["ERROR", "CRITICAL", "FATAL"]);

/**
 * Decides what of the functions' output a person at the terminal sees: errors, and what is no log line at all (the
 * last words of a process); everything when `verbose`. All of it goes into `file` where one is given.
 */
export function createFunctionLog(options: {
  verbose: boolean;
  file: string | null;
  print: (line: string) => void;
}): (functionName: string, line: string) => void {
  const { verbose, file, print } = options;
  return (functionName, line) => {
    if (line.trim() === "") return;
    const named = `[${functionName}] ${line}`;
    if (file !== null) appendFileSync(file, `${named}\n`);
    if (verbose || isLoud(line)) print(named);
  };
}

function isLoud(line: string): boolean {
  if (!line.startsWith("{")) return true;
  try {
    const leveled = Leveled.safeParse(JSON.parse(line));
    return leveled.success && LOUD.has(leveled.data.level);
  } catch {
    return true;
  }
}
