import { appendFileSync } from "node:fs";
import { parseJsonOrUndefined, toObjectOrEmpty } from "../../lib/domain/json.ts";

const ERROR_LEVELS: readonly unknown[] = ["ERROR", "CRITICAL", "FATAL"];

/**
 * Returns a function that gets each output line of the Lambda functions. The returned function prints errors and all
 * lines that are not JSON, such as a stack trace. If `verbose` is true, the returned function prints every line. If
 * `file` is not null, the returned function also writes every line to this file.
 */
export function createFunctionLog(options: {
  verbose: boolean;
  file: string | null;
  print: (line: string) => void;
}): (functionName: string, line: string) => void {
  const { verbose, file, print } = options;
  return (functionName, line) => {
    if (line.trim() === "") return;
    const labelled = `[${functionName}] ${line}`;
    if (file !== null) appendFileSync(file, `${labelled}\n`);
    if (verbose || isForPeople(line)) print(labelled);
  };
}

function isForPeople(line: string): boolean {
  const entry = line.startsWith("{") ? parseJsonOrUndefined(line) : undefined;
  return entry === undefined || ERROR_LEVELS.includes(toObjectOrEmpty(entry).level);
}
