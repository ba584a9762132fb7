import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { inheritedEnvironment, type Ran, runCommand } from "./run-command.ts";

const HOST = fileURLToPath(new URL("./program-host.ts", import.meta.url));

const Result = z.strictObject({
  code: z.int(),
  stdout: z.string(),
  stderr: z.string(),
  open: z.array(z.string()),
});

/** A process that runs programs one after the other. */
export interface ProgramHost {
  /**
   * Runs a program of this repository with its own arguments and environment variables. The result is the same as in a
   * process of its own.
   * @throws an error if the program leaves a resource open, because a process with an open resource does not end.
   */
  run(file: string, parameters: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ran>;
  stop(): Promise<void>;
}

/**
 * Starts a process that runs programs of this repository. The programs share their imported modules, because loading
 * modules takes most of the start time. A program that also exports functions gets its own process, because it runs
 * only as the main file of a process.
 * @param closeTimeLimitMs the time in which a program must close its open resources, in milliseconds. The default only
 * ends a program that hangs, because other work on the machine can make each program slow.
 */
export function startProgramHost(closeTimeLimitMs = 60_000): ProgramHost {
  const host = fork(HOST, [String(closeTimeLimitMs)], {
    execArgv: [],
    env: { ...inheritedEnvironment() },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const ended = once(host, "exit");
  let last: Promise<unknown> = Promise.resolve();

  async function runNext(message: object) {
    host.send(message);
    const [answer] = await Promise.race([
      once(host, "message"),
      ended.then(() => Promise.reject(new Error("the host of the programs has ended"))),
    ]);
    const { open, ...ran } = Result.parse(answer);
    if (open.length > 0) throw new Error(`the program leaves open: ${open.join(", ")}`);
    return ran;
  }

  return {
    run(file, parameters, env = {}) {
      if (readFileSync(file, "utf8").includes("import.meta.main"))
        return runCommand(process.execPath, [file, ...parameters], { env });
      const ran = last.then(() => runNext({ file, parameters, env }));
      last = ran.catch(() => undefined);
      return ran;
    },
    async stop() {
      host.disconnect();
      await ended;
    },
  };
}
