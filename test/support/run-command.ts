import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Returns the environment variables that every process of a test inherits. The processes share one compile cache of
 * Node.js, so that each process need not compile the same modules again. Their time zone is that of the tests.
 */
export function inheritedEnvironment(): Readonly<Record<string, string | undefined>> {
  const { PATH, TMPDIR, NODE_COMPILE_CACHE, TZ } = process.env;
  return { PATH, TMPDIR, NODE_COMPILE_CACHE, TZ };
}

/**
 * Runs a command until it ends. The command gets only the environment variables in `env` and those of
 * `inheritedEnvironment`.
 */
export async function runCommand(
  command: string,
  parameters: readonly string[],
  options: { env?: Readonly<Record<string, string>>; cwd?: string; stdin?: string } = {},
): Promise<Ran> {
  const { env = {}, cwd, stdin = "" } = options;
  const child = spawn(command, [...parameters], { env: { ...inheritedEnvironment(), ...env }, cwd });
  const code = new Promise<number | null>((resolve, reject) =>
    child.once("error", reject).once("close", resolve),
  );
  // The write fails if the command ends without reading stdin, which is not an error of the test.
  child.stdin.on("error", () => undefined).end(stdin);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, stdout, stderr };
}
