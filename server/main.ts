import { DATA_COMMANDS, runDataCommand } from "./data-commands.ts";
import { SERVE_USAGE, serve } from "./serve.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Runs one command of the one-node edition and returns its exit status. */
export async function runMain(argv: readonly string[], env: Environment): Promise<number> {
  const [name = "", ...rest] = argv;
  if (Object.hasOwn(DATA_COMMANDS, name)) return runDataCommand(name, rest);
  if (name === "serve") return serve(rest, env);
  process.stderr.write(SERVE_USAGE);
  return 2;
}
