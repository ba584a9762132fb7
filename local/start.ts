import { join } from "node:path";
import { runDemo } from "./demo/demo.ts";
import { DEMO_PROJECT, type DemoEnvironment, startDemoEnvironment } from "./demo/demo-environment.ts";
import { createScreen } from "./demo/screen.ts";
import { formatNotification } from "./demo/terminal-notification.ts";
import { PortInUseError } from "./gateway/gateway.ts";
import { packageService } from "./package/package-service.ts";
import { type EmbeddedStack, startEmbeddedStack } from "./stack/embedded-stack.ts";
import { createFunctionLog } from "./stack/function-log.ts";
import { runUntilStopped, waitUntilAborted } from "./stack/run-until-stopped.ts";
import { readStackOptions, type StackOptions } from "./stack/stack-options.ts";
import type { Stoppables } from "./stack/stoppables.ts";

const DEMO_TIME_LIMIT_MS = 60_000;

const screen = createScreen(process.stdout);

/**
 * Runs the demo and returns the exit status. After the demo, `npm start` continues until Ctrl-C, but `npm run demo`
 * ends.
 */
async function main(exitsAfterDemo: boolean, stopping: AbortSignal, parts: Stoppables): Promise<number> {
  const options = readStackOptions(process.env);
  if (options.configFile !== null)
    screen.print("The demo ignores CONFIG_FILE and uses its own config. `npm run stack` uses CONFIG_FILE.");
  screen.print("Packaging the service …");
  const buildDir = join(options.rootDir, "build", "packages");
  const packageDir = await packageService({ serviceDir: options.serviceDir, buildDir, stopping });
  const environment = parts.add(await startDemoEnvironment());
  const stack = parts.add(await startStack(options, packageDir, environment.configFile));
  if (stopping.aborted) return 0;
  const jobs = environment.startJobs();
  screen.print(addresses(stack, environment, jobs[0]?.jobId));

  const isComplete = await runDemo({
    jobs,
    apiUrl: stack.api,
    token: environment.token,
    notifications: environment.receiver.notifications,
    screen,
    format: (notification) => formatNotification(notification, process.stdout.isTTY === true),
    timeLimitMs: DEMO_TIME_LIMIT_MS,
    signal: stopping,
  });
  if (stopping.aborted) return 0;
  if (isComplete) screen.print("The demo is complete: all notifications have arrived.");
  else
    screen.print(`The demo failed: some notifications did not arrive within ${DEMO_TIME_LIMIT_MS / 1000} s.`);
  if (exitsAfterDemo) return isComplete ? 0 : 1;
  screen.print("The stack keeps running. Press Ctrl-C to stop it.");
  await waitUntilAborted(stopping);
  return 0;
}

/**
 * Starts the local stack on the configured port. If another program uses this port, the local stack uses any free port.
 */
async function startStack(
  options: StackOptions,
  packageDir: string,
  configFile: string,
): Promise<EmbeddedStack> {
  const { verbose, logFile, port, settings } = options;
  const log = createFunctionLog({ verbose, file: logFile, print: screen.print });
  const start = (onPort: number) =>
    startEmbeddedStack({
      packageDir,
      port: onPort,
      configFile,
      settings,
      log,
    });
  return start(port).catch((error: unknown) => {
    if (!(error instanceof PortInUseError)) throw error;
    screen.print(`Port ${port} is in use. The API gets another port.`);
    return start(0);
  });
}

function addresses(stack: EmbeddedStack, environment: DemoEnvironment, jobId: string | undefined): string {
  const { token, cceUrl, receiver } = environment;
  return [
    "The stack is up.",
    `  API            ${stack.api}`,
    `  API reference  ${stack.api}/docs`,
    `  notifications  ${receiver.url}`,
    `  simulated CCE  ${cceUrl}`,
    "",
    "Try this in another terminal:",
    `  curl -H 'Authorization: Bearer ${token}' ${stack.api}/v1/jobs/${DEMO_PROJECT}/${jobId}`,
    "",
  ].join("\n");
}

await runUntilStopped((stopping, parts) => main(process.argv.includes("--demo"), stopping, parts));
