import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { eventually } from "../support/eventually.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const VERSION = "5.2.5";
const FOLDER = join(ROOT, "build/moto");
const PYTHON = join(FOLDER, "bin/python");
const START_TIME_LIMIT_MS = 60_000;

/** A running moto server, which replaces AWS. The output of the server is in `build/moto.log`. */
export interface Moto {
  readonly url: string;
  /** Runs a Python script of this folder with the Python of moto, and returns what the script prints to stdout. */
  runScript(name: string, ...parameters: string[]): string;
  stop(): Promise<void>;
}

/** The error of a machine on which moto cannot be installed. The error message says what is missing. */
export class MotoMissingError extends Error {
  override name = "MotoMissingError";
}

/**
 * Starts moto with the CloudFormation types of this service, on a free port. Before the first start, installs moto into
 * a virtual environment below `build`.
 * @throws MotoMissingError
 */
export async function startMoto(): Promise<Moto> {
  if (!existsSync(join(FOLDER, "installed"))) install();
  const port = await findFreePort();
  await mkdir(join(ROOT, "build"), { recursive: true });
  const output = await open(join(ROOT, "build/moto.log"), "w");
  const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));
  const child = spawn(PYTHON, [script("moto_server.py"), String(port)], {
    cwd: FOLDER,
    stdio: ["ignore", output.fd, output.fd],
  });
  const ended = once(child, "exit");
  const url = `http://127.0.0.1:${port}`;
  const isUp = () => {
    if (child.exitCode !== null) throw new Error("moto ended during its start. See build/moto.log.");
    return fetch(`${url}/moto-api/`).then(
      (response) => response.ok,
      () => false,
    );
  };
  await eventually("moto to start", isUp, START_TIME_LIMIT_MS);
  return {
    url,
    runScript: (name, ...parameters) => run(PYTHON, [script(name), ...parameters]),
    async stop() {
      child.kill();
      await ended;
      await output.close();
    },
  };
}

function install(): void {
  const make = spawnSync("python3", ["-m", "venv", "--clear", FOLDER], { encoding: "utf8" });
  if (make.status !== 0)
    throw new MotoMissingError(
      "npm run deploy:check needs Python 3.10 or newer as python3, with the module venv. " +
        `On Debian, install python3-venv.\n${make.stderr ?? make.error?.message ?? ""}`,
    );
  run(PYTHON, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", `moto[server]==${VERSION}`]);
  run(PYTHON, ["-c", `open(${JSON.stringify(join(FOLDER, "installed"))}, "w").close()`]);
}

function run(command: string, parameters: readonly string[]): string {
  const ran = spawnSync(command, parameters, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  if (ran.status !== 0) throw new Error(`${parameters.join(" ")} failed:\n${ran.stderr}`);
  return ran.stdout;
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = z.object({ port: z.int() }).parse(server.address());
  server.close();
  await once(server, "close");
  return port;
}
