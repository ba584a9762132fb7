import { join } from "node:path";
import { installProgram, runInstaller } from "./install-program.ts";
import { type ServerProcess, startServerProcess } from "./server-process.ts";

const VERSION = "5.2.5";
const ACCOUNT_ID = "000000000000";
const NEED =
  "moto needs Python 3.9 or newer with the module venv. On Debian, install them with: " +
  "apt-get install python3-venv";

/**
 * Starts moto, a server for many AWS services: Parameter Store, CloudFormation, CloudWatch, Lambda, SQS and others.
 * @throws ServerNotStartedError
 */
export async function startMoto(stopping: AbortSignal): Promise<ServerProcess> {
  const options = { signal: stopping };
  const folder = await installProgram(`moto-${VERSION}`, async (venv) => {
    await runInstaller(NEED, "python3", ["-m", "venv", venv], options);
    const parameters = ["install", "--quiet", "--disable-pip-version-check", `moto[server]==${VERSION}`];
    await runInstaller("moto cannot be downloaded from PyPI.", join(venv, "bin/pip"), parameters, options);
  });
  const program = join(folder, "bin/moto_server");
  return startServerProcess({
    name: "moto",
    stopping,
    command: (port) => [program, "-H", "127.0.0.1", "-p", String(port)],
    env: { MOTO_ACCOUNT_ID: ACCOUNT_ID },
  });
}
