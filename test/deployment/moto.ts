import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ACCOUNT_ID } from "../../local/template/scope.ts";
import { installProgram, runInstaller } from "../servers/install-program.ts";
import { type ServerProcess, startServerProcess } from "../servers/server-process.ts";

const VERSION = "5.2.5";
const NEED =
  "moto needs Python 3.10 or newer as python3, with the module venv. On Debian, install them with: " +
  "apt-get install python3-venv";

/** A running moto server, which replaces many AWS services. */
interface Moto extends ServerProcess {
  /** Runs a Python script of this folder with the Python of moto, and returns what the script prints to stdout. */
  runScript(name: string, ...parameters: string[]): string;
}

/**
 * Starts moto with the CloudFormation types of this service, on a free port. Before the first start, installs moto.
 * @throws ServerNotStartedError
 */
export async function startMoto(stopping: AbortSignal): Promise<Moto> {
  const options = { signal: stopping };
  const folder = await installProgram(`moto-${VERSION}`, async (venv) => {
    await runInstaller(NEED, "python3", ["-m", "venv", venv], options);
    const parameters = ["install", "--quiet", "--disable-pip-version-check", `moto[server]==${VERSION}`];
    await runInstaller("moto cannot be downloaded from PyPI.", join(venv, "bin/pip"), parameters, options);
  });
  const python = join(folder, "bin/python");
  const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));
  const server = await startServerProcess({
    name: "moto",
    cwd: folder,
    command: (port) => [python, script("moto_server.py"), String(port)],
    env: { MOTO_ACCOUNT_ID: ACCOUNT_ID },
    stopping,
  });
  return {
    ...server,
    runScript: (name, ...parameters) =>
      execFileSync(python, [script(name), ...parameters], { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 }),
  };
}
