import type { Output } from "./screen.ts";

/** The commands of the one-node edition. The other commands of `cce-notifier` call the API. */
const SERVER_COMMANDS: ReadonlySet<string> = new Set(["serve", "backup", "export", "import"]);

/** The operators' commands that the checkout also runs with `npm run`. Their files are in local/ops. */
export const OPERATOR_COMMANDS: ReadonlySet<string> = new Set([
  "config",
  "doctor",
  "link",
  "redrive",
  "token",
]);

/** The database of the one-node edition is a module of Node.js since this version. */
const FIRST_NODE_MAJOR = 24;

export function isServerCommand(name: string | undefined): name is string {
  return name !== undefined && (SERVER_COMMANDS.has(name) || OPERATOR_COMMANDS.has(name));
}

/**
 * Runs a command of the one-node edition. Node.js loads the code of the one-node edition only for these commands, because
 * the command itself also runs on Node.js 20.
 * @param here the URL of the running file, next to which the code of the one-node edition is.
 * @returns the exit status
 */
export async function runServerCommand(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  stderr: Output,
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
  if (OPERATOR_COMMANDS.has(name)) {
    // An operator's command reads its arguments from the process.
    process.argv.splice(2, argv.length, ...operatorArguments(name, argv.slice(1)));
    const file = here.endsWith(".ts") ? `../local/ops/${name}.ts` : `./one-node/${name}.mjs`;
    await import(new URL(file, here).href);
    return Number(process.exitCode ?? 0);
  }
  const file = here.endsWith(".ts") ? "../server/main.ts" : "./one-node/main.mjs";
  const { runMain }: typeof import("../server/main.ts") = await import(new URL(file, here).href);
  return runMain(argv, env);
}

/**
 * Returns the arguments of an operator's command on one node. Only `redrive` uses the data, and only `redrive` needs no
 * config. `config check` has the file as an argument without a name.
 */
function operatorArguments(name: string, argv: readonly string[]): readonly string[] {
  if (name === "redrive") return withoutOption(argv, "--config").rest;
  const { rest } = withoutOption(argv, "--data");
  if (name !== "config") return rest;
  const { rest: names, value } = withoutOption(rest, "--config");
  return value === undefined ? names : [...names, value, "--for", "one-node"];
}

/** Removes an option with its value from arguments. */
function withoutOption(
  argv: readonly string[],
  option: string,
): { readonly rest: readonly string[]; readonly value: string | undefined } {
  const i = argv.indexOf(option);
  return i < 0 ? { rest: argv, value: undefined } : { rest: argv.toSpliced(i, 2), value: argv[i + 1] };
}
