import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Returns the environment variables that every process of a test inherits. The processes share one compile cache of
 * Node.js, because the start of a process mostly compiles the same modules again.
 */
export function inheritedEnvironment(): Readonly<Record<string, string | undefined>> {
  const { PATH, TMPDIR, NODE_COMPILE_CACHE } = process.env;
  return { PATH, TMPDIR, NODE_COMPILE_CACHE };
}

/** Runs a command until it ends. Apart from `env`, the command has only the variables of `inheritedEnvironment`. */
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
  // A command that ends without reading stdin is not an error.
  child.stdin.on("error", () => undefined).end(stdin);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, stdout, stderr };
}
