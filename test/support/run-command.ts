import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command until it ends. The command inherits only PATH and TMPDIR from the environment. */
export async function runCommand(
  command: string,
  parameters: readonly string[],
  options: { env?: Readonly<Record<string, string>>; cwd?: string; stdin?: string } = {},
): Promise<Ran> {
  const { env = {}, cwd, stdin = "" } = options;
  const { PATH, TMPDIR } = process.env;
  const child = spawn(command, [...parameters], { env: { PATH, TMPDIR, ...env }, cwd });
  const code = new Promise<number | null>((resolve, reject) =>
    child.once("error", reject).once("close", resolve),
  );
  // A command that ends without reading stdin is not an error.
  child.stdin.on("error", () => undefined).end(stdin);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, stdout, stderr };
}
