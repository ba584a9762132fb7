import { type ParseArgsConfig, parseArgs } from "node:util";
import { awsRemedy } from "./aws-remedy.ts";

/** A command line that asks for nothing there is; the command's usage is told with it. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** What was asked cannot be done. The message is all that its user needs to know. */
export class RefusedError extends Error {
  override name = "RefusedError";
}

const HELP = { help: { type: "boolean", short: "h", default: false } } as const;

type Options<T extends ParseArgsConfig> = T & { readonly options: T["options"] & typeof HELP };
type Parsed<T extends ParseArgsConfig> = ReturnType<typeof parseArgs<Options<T>>>;

/**
 * Runs a command of this repository. `main` answers the exit status; wrong use is told in one line above the usage and
 * exits with 2, what goes wrong is told without a stack and exits with 1.
 */
export async function runCommand<const T extends ParseArgsConfig>(
  usage: string,
  config: T,
  main: (parsed: Parsed<T>) => Promise<number>,
): Promise<void> {
  process.exitCode = await attempt(usage, config, main).catch((error: unknown) => {
    const [words, status] = told(error);
    process.stderr.write(status === 2 ? `${words}\n\n${usage}` : `${words}\n`);
    return status;
  });
}

async function attempt<const T extends ParseArgsConfig>(
  usage: string,
  config: T,
  main: (parsed: Parsed<T>) => Promise<number>,
): Promise<number> {
  const parsed = parseArgs<Options<T>>({ ...config, options: { ...config.options, ...HELP } });
  if ((parsed.values as { readonly help?: boolean }).help !== true) return main(parsed);
  process.stdout.write(usage);
  return 0;
}

function told(error: unknown): readonly [words: string, status: 1 | 2] {
  if (!(error instanceof Error)) return [String(error), 1];
  if (error instanceof UsageError) return [error.message, 2];
  // Node's own words go on about options that begin with a dash.
  if ("code" in error && String(error.code).startsWith("ERR_PARSE_ARGS"))
    return [error.message.replace(/\.\s.*/s, ""), 2];
  if (SAID.has(error.name)) return [error.message, 1];
  const remedy = awsRemedy(error);
  return [`${error.name}: ${error.message}${remedy === null ? "" : `\n${remedy}`}`, 1];
}

/** Errors of our own whose message says all. */
const SAID: ReadonlySet<string> = new Set(["RefusedError", "StageFileError", "ConfigInvalidError"]);
