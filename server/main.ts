import { SERVE_USAGE, serve } from "./serve.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** The commands of the one-node edition by name. */
const COMMANDS: Readonly<Record<string, (argv: readonly string[], env: Environment) => Promise<number>>> = {
  serve,
};

/** Runs one command of the one-node edition and returns its exit status. */
export async function runMain(argv: readonly string[], env: Environment): Promise<number> {
  const [name = "", ...rest] = argv;
  const command = COMMANDS[name];
  if (command !== undefined) return command(rest, env);
  process.stderr.write(SERVE_USAGE);
  return 2;
}
