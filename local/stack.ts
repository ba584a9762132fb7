import { join } from "node:path";
import { readScriptArguments } from "./ops/script-arguments.ts";
import { packageServiceIfChanged } from "./package/package-service.ts";
import { readWholeConfigFile } from "./stack/config-file.ts";
import { startEmbeddedStack } from "./stack/embedded-stack.ts";
import { createFunctionLog } from "./stack/function-log.ts";
import { runUntilStopped, waitUntilAborted } from "./stack/run-until-stopped.ts";
import { readStackOptions } from "./stack/stack-options.ts";
import type { Stoppables } from "./stack/stoppables.ts";

const print = (line: string) => process.stderr.write(`${line}\n`);

/**
 * Runs `npm run stack`. As soon as the local stack runs, this function prints one line of JSON with the addresses of
 * the stack to stdout. All output except this line goes to stderr.
 */
async function main(stopping: AbortSignal, parts: Stoppables): Promise<number> {
  const options = readStackOptions(process.env);
  const { rootDir, serviceDir, verbose, logFile, port, settings } = options;
  if (options.configFile !== null) await readWholeConfigFile(options.configFile);
  const packageDir = await packageServiceIfChanged({
    serviceDir,
    buildDir: join(rootDir, "build", "packages"),
    stopping,
  });
  const configFile = options.configFile ?? (await startDemoParts(parts));
  const log = createFunctionLog({ verbose, file: logFile, print });
  const { stop, ...addresses } = await startEmbeddedStack({
    packageDir,
    port,
    configFile,
    settings,
    log,
  });
  parts.add({ stop });
  process.stdout.write(`${JSON.stringify({ ready: true, ...addresses })}\n`);
  await waitUntilAborted(stopping);
  return 0;
}

/**
 * Starts a simulated CCE and a receiver, which the stack uses if CONFIG_FILE is not set. Returns the path of a config
 * file with the URLs of the simulated CCE and the receiver.
 */
async function startDemoParts(parts: Stoppables): Promise<string> {
  const { startDemoEnvironment } = await import("./demo/demo-environment.ts");
  const { cceUrl, receiver, token, configFile, stop } = await startDemoEnvironment();
  parts.add({ stop });
  print(
    `CONFIG_FILE is not set: simulated CCE at ${cceUrl}, notifications at ${receiver.url}, token ${token}`,
  );
  return configFile;
}

readScriptArguments(
  `Runs the service on this machine without demo jobs, until SIGTERM or Ctrl-C.

  npm run stack

Prints one line of JSON when the service is ready. CONFIG_FILE is the path of the config, and PORT is the port of the service
(default 4000, 0 means any free port). docs/operations.md describes all environment variables.
`,
  {},
);
await runUntilStopped(main);
