import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { findFreePort } from "../support/find-free-port.ts";
import { SERVERS_FOLDER, ServerNotStartedError } from "./install-program.ts";

const START_LIMIT_MS = 90_000;
const POLL_MS = 100;
/** A server that does not stop on SIGTERM is killed after this time. */
const STOP_LIMIT_MS = 1_500;

/** A running server that this project did not write. */
export interface ServerProcess {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Starts a server on a free port of 127.0.0.1, and waits until the server answers an HTTP request.
 * @param name the name of the server's log file in `SERVERS_FOLDER`.
 * @param command returns the program and its parameters for a port. The second port is a free port for other uses.
 * @throws ServerNotStartedError
 */
export async function startServerProcess(options: {
  name: string;
  command: (port: number, internalPort: number) => readonly [program: string, ...parameters: string[]];
  env?: Readonly<Record<string, string>>;
  cwd?: string;
  /** Ends the server while it starts and while it runs. */
  stopping: AbortSignal;
}): Promise<ServerProcess> {
  const { name, command, env = {}, cwd, stopping } = options;
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  await mkdir(SERVERS_FOLDER, { recursive: true });
  const logFile = join(SERVERS_FOLDER, `${name}.log`);
  const log = await open(logFile, "w");
  const [program, ...parameters] = command(port, await findFreePort());
  const child = spawn(program, parameters, {
    cwd,
    signal: stopping,
    env: { ...process.env, ...env },
    stdio: ["ignore", log.fd, log.fd],
    // The server does not receive Ctrl-C. The process that started the server stops it.
    detached: true,
  });
  await log.close();
  // The server is also killed if this process ends without a call of `stop`.
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("exit", () => process.off("exit", kill));
  const failed = once(child, "exit").then(
    ([code, signal]) => `ended with ${code ?? signal}`,
    (error: Error) => `did not start: ${error.message}`,
  );
  const problem = await Promise.race([failed, waitForAnswer(url)]);
  if (problem !== null) {
    await stop(child);
    throw new ServerNotStartedError(`${name} ${problem}. The log of ${name} is ${logFile}.`);
  }
  child.on("error", () => undefined);
  return { url, stop: () => stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
  await ended;
  clearTimeout(timer);
}

/** Waits until a server answers. Returns null, or a description of the problem if the server never answers. */
async function waitForAnswer(url: string): Promise<string | null> {
  for (let waitedMs = 0; waitedMs < START_LIMIT_MS; waitedMs += POLL_MS) {
    const answer = await fetch(url).catch(() => null);
    await answer?.body?.cancel();
    if (answer !== null) return null;
    await wait(POLL_MS);
  }
  return `did not answer within ${START_LIMIT_MS / 1000} s`;
}
