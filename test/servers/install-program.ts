import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** The folder for installed programs and for the logs of the servers. */
export const SERVERS_FOLDER = fileURLToPath(new URL("../../build/servers", import.meta.url));

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** The error of a server that cannot be installed or started. The error message says what the server needs. */
export class ServerNotStartedError extends Error {
  override name = "ServerNotStartedError";
}

/**
 * Installs a program in a new folder, unless an earlier run installed the program. Returns the folder. An installation
 * that was interrupted is repeated.
 * @param name the name of the folder. It contains the version of the program.
 * @param install installs the program in the given empty folder.
 */
export async function installProgram(
  name: string,
  install: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = join(SERVERS_FOLDER, name);
  const marker = join(folder, "installed");
  if (existsSync(marker)) return folder;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await install(folder);
  await writeFile(marker, "");
  return folder;
}

/**
 * Runs a program that an installation needs, and waits for its end.
 * @param need a sentence that says what the server needs and how to install it.
 * @throws ServerNotStartedError if the program is missing or fails.
 */
export async function runInstaller(
  need: string,
  program: string,
  parameters: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<void> {
  try {
    await promisify(execFile)(program, [...parameters], { ...options, maxBuffer: MAX_OUTPUT_BYTES });
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new ServerNotStartedError(`${need}\n${message.trim()}`, { cause });
  }
}
