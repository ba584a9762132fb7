import type { ParseArgsConfig } from "node:util";
import { ignoreClosedOutputs } from "../../client/process-environment.ts";
import { describeWrongUse, type Parsed, parseProcessArguments, UsageError } from "./command.ts";

/**
 * Reads the arguments of the script that is running. With `--help`, the function prints the usage and ends the process
 * with exit status 0. Wrong arguments end the process with exit status 2, after the function has printed the error and
 * the usage.
 * @param read makes the settings of the script from the arguments, and throws `UsageError` for a wrong argument
 */
export function readScriptArguments<const T extends ParseArgsConfig, Settings = undefined>(
  usage: string,
  config: T,
  read?: (parsed: Parsed<T>) => Settings,
): Settings {
  ignoreClosedOutputs();
  try {
    const parsed = parseProcessArguments(config);
    if (parsed !== "help") return read?.(parsed) as Settings;
  } catch (error) {
    const message = describeWrongUse(error);
    if (message === null) throw error;
    process.stderr.write(`${message}\n\n${usage}`);
    process.exit(2);
  }
  process.stdout.write(usage);
  process.exit(0);
}

/**
 * Parses the command-line arguments of a script as numbers. A missing argument gets its default from `defaults`.
 * @throws UsageError if an argument is not an integer of at least 1, or if there are more arguments than defaults
 */
export function parseCounts<const T extends readonly number[]>(
  texts: readonly string[],
  defaults: T,
): { readonly [I in keyof T]: number } {
  const [superfluous] = texts.slice(defaults.length);
  if (superfluous !== undefined) throw new UsageError(`unexpected argument '${superfluous}'`);
  return defaults.map((count, i) => parseCount(texts[i], count)) as { readonly [I in keyof T]: number };
}

/**
 * Returns the integer that a text contains, or `defaultCount` if the text is undefined.
 * @throws UsageError if the text is not an integer of at least `min`
 */
export function parseCount(text: string | undefined, defaultCount: number, min = 1): number {
  const count = text === undefined ? defaultCount : Number(text);
  if (Number.isSafeInteger(count) && count >= min && text !== "") return count;
  throw new UsageError(`'${text}' must be an integer of at least ${min}`);
}
