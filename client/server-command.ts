import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { OPERATOR_COMMANDS, SERVER_COMMANDS } from "./command-table.ts";
import { UsageError } from "./option-values.ts";
import type { ErrorOutput } from "./screen.ts";

/**
 * The first major version of Node.js that can run the one-node edition. The one-node edition needs the SQLite module of
 * Node.js 24.
 */
const FIRST_NODE_MAJOR = 24;
const HELP_COMMAND = "cce-notifier help";

export function isServerCommand(name: string | undefined): name is string {
  return (
    name !== undefined && (Object.hasOwn(SERVER_COMMANDS, name) || Object.hasOwn(OPERATOR_COMMANDS, name))
  );
}

/** If NAME is a command of the one-node edition, changes the arguments `help NAME` to `NAME --help`. */
export function toServerHelp(argv: readonly string[]): readonly string[] {
  const [first, name] = argv;
  return first === "help" && isServerCommand(name) ? [name, "--help"] : argv;
}

/**
 * Runs a command of the one-node edition. The code of the one-node edition is imported only when it is needed, because
 * the other commands also run on Node.js 20.
 * @param here the URL of this file. The code of the one-node edition is in the same folder as this file.
 */
export async function runServerCommand(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  stderr: ErrorOutput,
  here: string = import.meta.url,
): Promise<number> {
  const [name = ""] = argv;
  const { node } = process.versions;
  if (Number.parseInt(node, 10) < FIRST_NODE_MAJOR) {
    stderr.write(
      `cce-notifier: ${name} needs Node.js ${FIRST_NODE_MAJOR} or newer. This is Node.js ${node}.\n`,
    );
    return 2;
  }
  const isOperatorCommand = Object.hasOwn(OPERATOR_COMMANDS, name);
  const source = isOperatorCommand ? `../local/ops/${name}.ts` : "../server/main.ts";
  const built = isOperatorCommand ? `./one-node/${name}.mjs` : "./one-node/main.mjs";
  const file = new URL(here.endsWith(".ts") ? source : built, here);
  if (!existsSync(file)) {
    stderr.write(
      `cce-notifier: ${name} needs the folder 'one-node' of the one-node edition. It must be next to ${fileURLToPath(here)}.\n`,
    );
    return 2;
  }
  if (isOperatorCommand) {
    let parameters: readonly string[];
    try {
      parameters = toOperatorArguments(name, argv.slice(1));
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      stderr.write(`cce-notifier: ${error.message}\nFor help, run: ${HELP_COMMAND} ${name}\n`);
      return 2;
    }
    // An operator's command reads its arguments from `process.argv`.
    process.argv.splice(2, process.argv.length, ...parameters);
    await import(file.href);
    return Number(process.exitCode ?? 0);
  }
  const { runMain }: typeof import("../server/main.ts") = await import(file.href);
  return runMain(argv, env);
}

/**
 * Prepares command-line arguments of the one-node edition for an operator's command. The options `--data` and
 * `--config` are removed if the operator's command does not accept them. The command `config check` gets the path of
 * the config file without the option name `--config`.
 * @throws UsageError if an option that is removed from the arguments has no value or is repeated
 */
export function toOperatorArguments(name: string, argv: readonly string[]): readonly string[] {
  if (name === "redrive") return withoutOption(argv, "--config").rest;
  if (name === "doctor") return argv;
  const { rest } = withoutOption(argv, "--data");
  if (name !== "config" || !rest.includes("check")) return rest;
  const { rest: names, value } = withoutOption(rest, "--config");
  return value === undefined ? names : [...names, value, "--for", "one-node"];
}

/**
 * Removes an option and its value from a list of arguments.
 * @throws UsageError if the option has no value or is repeated
 */
function withoutOption(
  argv: readonly string[],
  option: string,
): { readonly rest: readonly string[]; readonly value: string | undefined } {
  const isOption = (argument: string) => argument === option || argument.startsWith(`${option}=`);
  const i = argv.findIndex(isOption);
  const found = argv[i];
  if (found === undefined) return { rest: argv, value: undefined };
  const isInline = found !== option;
  const value = isInline ? found.slice(option.length + 1) : argv[i + 1];
  if (value === undefined || value === "" || (!isInline && value.startsWith("-")))
    throw new UsageError(`${option} needs a value`);
  const rest = argv.toSpliced(i, isInline ? 1 : 2);
  if (rest.some(isOption)) throw new UsageError(`${option} may be given only once`);
  return { rest, value };
}
