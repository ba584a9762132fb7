import { join } from "node:path";
import { createApiClient } from "./demo/api-client.ts";
import { createDemo } from "./demo/demo.ts";
import { createScreen } from "./demo/screen.ts";
import { showNotification } from "./demo/show-notification.ts";
import { startWorld, type World } from "./demo/world.ts";
import { PortTakenError } from "./gateway/gateway.ts";
import { packageService } from "./package/package-service.ts";
import type { Arrived } from "./receiver/notification-store.ts";
import { type EmbeddedStack, startEmbeddedStack } from "./stack/embedded-stack.ts";
import { createFunctionLog } from "./stack/function-log.ts";
import { runCommand, untilAborted } from "./stack/run-command.ts";
import { readOptions, type StackOptions } from "./stack/stack-options.ts";
import type { Stoppables } from "./stack/stoppables.ts";

const DEMO_LIMIT_MS = 60_000;
const PROJECT = "demo";
const TARGETS = 2;

const screen = createScreen(process.stdout);

/** `npm start`, and `npm run demo`, which ends by itself. Answers the exit status. */
async function main(endsByItself: boolean, stopping: AbortSignal, parts: Stoppables): Promise<number> {
  const options = readOptions(process.env);
  if (options.configFile !== null)
    screen.print(
      "CONFIG_FILE is not read: the demo brings a config of its own. `npm run stack` starts the stack with yours.",
    );
  screen.print("Packaging the service …");
  const buildDir = join(options.rootDir, "build", "packages");
  const packageDir = await packageService({ serviceDir: options.serviceDir, buildDir, stopping });
  const world = parts.add(await startWorld());
  const stack = parts.add(await startStack(options, packageDir, world));
  if (stopping.aborted) return 0;
  const jobs = world.cloud.startJobs();
  screen.print(addresses(stack, world, jobs[0]?.jobId));

  const api = createApiClient(stack.api, world.token);
  const { notifications } = world.receiver;
  const tell = (notification: Arrived) => showNotification(notification, process.stdout.isTTY === true);
  const demo = createDemo({
    jobs,
    project: PROJECT,
    targets: TARGETS,
    api,
    notifications,
    screen,
    tell,
  });
  const complete = await demo.run({ timeLimitMs: DEMO_LIMIT_MS, signal: stopping });
  if (stopping.aborted) return 0;
  if (!complete) screen.print(`Not every notification has arrived within ${DEMO_LIMIT_MS / 1000} s.`);
  if (endsByItself) return complete ? 0 : 1;
  screen.print(`\nThat was the demo. The stack stays up until Ctrl-C. `);
  await untilAborted(stopping);
  return 0;
}

/** Puts the stack up on its usual port, or on another where that one is taken. */
async function startStack(options: StackOptions, packageDir: string, world: World): Promise<EmbeddedStack> {
  const { verbose, logFile, port, ledgerDir, scheduleSpeed } = options;
  const log = createFunctionLog({ verbose, file: logFile, print: screen.print });
  const { configFile } = world;
  const start = (at: number) =>
    startEmbeddedStack({ packageDir, port: at, configFile, ledgerDir, scheduleSpeed, log });
  return start(port).catch((error: unknown) => {
    if (!(error instanceof PortTakenError)) throw error;
    screen.print(`Port ${port} is taken, so the API gets another one.`);
    return start(0);
  });
}

function addresses(stack: EmbeddedStack, world: World, jobId: string | undefined): string {
  return [
    "The stack is up.",
    `  API           ${stack.api}`,
    `  its contract  ${stack.api}/v1/openapi.json`,
    `  notifications       ${world.receiverUrl}`,
    `  simulated CCE ${world.cceUrl}`,
    "",
    "Try this in another terminal:",
    `  curl -H 'Authorization: Bearer ${world.token}' ${stack.api}/v1/jobs/${PROJECT}/${jobId}`,
    "",
  ].join("\n");
}

await runCommand((stopping, parts) => main(process.argv.includes("--demo"), stopping, parts));
