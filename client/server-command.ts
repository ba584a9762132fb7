import type { Output } from "./screen.ts";

/** The commands of the one-node edition. The other commands of `cce-notifier` call the API. */
const SERVER_COMMANDS: ReadonlySet<string> = new Set(["serve", "backup", "export", "import"]);

/** The database of the one-node edition is a module of Node.js since this version. */
const FIRST_NODE_MAJOR = 24;

export function isServerCommand(name: string | undefined): name is string {
  return name !== undefined && SERVER_COMMANDS.has(name);
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
  const file = here.endsWith(".ts") ? "../server/main.ts" : "./cce-notifier-server.mjs";
  const { runMain }: typeof import("../server/main.ts") = await import(new URL(file, here).href);
  return runMain(argv, env);
}
