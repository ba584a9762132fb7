import { join } from "node:path";
import { createSignedJobListUrlOrNull, createSignedPageLinkOptions } from "../lib/auth/link-keys.ts";
import { formatDuration } from "../lib/domain/time-text.ts";
import { runDemo } from "./demo/demo.ts";
import { DEMO_PROJECT, startDemoEnvironment } from "./demo/demo-environment.ts";
import { formatNextSteps } from "./demo/next-steps.ts";
import { writeRunningDemoFile } from "./demo/running-demo.ts";
import { createDemoScreen } from "./demo/screen.ts";
import { formatNotification } from "./demo/terminal-notification.ts";
import { PortInUseError } from "./gateway/gateway.ts";
import { readScriptArguments } from "./ops/script-arguments.ts";
import { packageServiceIfChanged } from "./package/package-service.ts";
import { readWholeConfigFile } from "./stack/config-file.ts";
import { type EmbeddedStack, startEmbeddedStack } from "./stack/embedded-stack.ts";
import { createFunctionLog } from "./stack/function-log.ts";
import { runUntilStopped, waitUntilAborted } from "./stack/run-until-stopped.ts";
import { readStackOptions, type StackOptions } from "./stack/stack-options.ts";
import type { Stoppables } from "./stack/stoppables.ts";

const DEMO_TIME_LIMIT_MS = 60_000;
const SPINNER = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const SPINNER_MS = 125;

// If a program such as `head` closes the output of the demo, the demo ends, as after Ctrl-C.
process.stdout.once("error", () => process.kill(process.pid, "SIGTERM")).on("error", () => undefined);

const USAGE = `Runs the service on this machine, with demo jobs. Needs no account.

  npm start       stays until Ctrl-C, for jobs of your own
  npm run demo    ends after the demo; exit status: 0 if every demo notification has arrived, else 1

PORT is the port of the service (default 4000, 0 means any free port). docs/operations.md describes all environment
variables.
`;
const exitsAfterDemo = readScriptArguments(
  USAGE,
  { options: { demo: { type: "boolean", default: false } } },
  ({ values }) => values.demo,
);

const screen = createDemoScreen(process.stdout, process.env);

/** Runs the demo and returns the exit status. After the demo, `npm start` waits for Ctrl-C, and `npm run demo` ends. */
async function main(exitsAfterDemo: boolean, stopping: AbortSignal, parts: Stoppables): Promise<number> {
  const options = readStackOptions(process.env);
  if (options.configFile !== null)
    screen.print("The demo ignores CONFIG_FILE and uses its own config. `npm run stack` uses CONFIG_FILE.");
  const buildDir = join(options.rootDir, "build", "packages");
  const packageDir = await showSpinner("Packaging the service", () =>
    packageServiceIfChanged({ serviceDir: options.serviceDir, buildDir, stopping }),
  );
  const environment = parts.add(await startDemoEnvironment());
  const { receiver, token, cceUrl, configFile } = environment;
  const stack = parts.add(await startStack(options, packageDir, configFile));
  if (stopping.aborted) return 0;
  parts.add(await writeRunningDemoFile(options.rootDir, { api: stack.api, token, cceUrl }));
  screen.print(`The service runs at ${stack.api}. Its chats and webhooks are at ${receiver.url}.\n`);

  const format = (notification: Parameters<typeof formatNotification>[0]) =>
    formatNotification(notification, { ansi: screen.hasColours, columns: screen.columns() });
  const isComplete = await runDemo({
    jobs: environment.startJobs(),
    apiUrl: stack.api,
    token,
    notifications: receiver.notifications,
    sendEvents: () => environment.sendEvents(stack.api),
    screen,
    format,
    timeLimitMs: DEMO_TIME_LIMIT_MS,
    signal: stopping,
  });
  if (stopping.aborted) return 0;
  if (isComplete) screen.print("\nThe demo is complete: all notifications have arrived.\n");
  else
    screen.print(`The demo failed: some notifications did not arrive within ${DEMO_TIME_LIMIT_MS / 1000} s.`);
  if (exitsAfterDemo) {
    screen.print("To keep the service running, and to submit jobs of your own: npm start");
    return isComplete ? 0 : 1;
  }
  const links = createSignedPageLinkOptions(await readWholeConfigFile(configFile), stack.api);
  const listUrl = createSignedJobListUrlOrNull(links, DEMO_PROJECT, Date.now());
  const jobId = environment.startOtherJob();
  const { hasColours } = screen;
  screen.print(
    formatNextSteps({ api: stack.api, token, notificationsUrl: receiver.url, listUrl, jobId, hasColours }),
  );
  screen.print("The service keeps running and shows new notifications here. Ctrl-C stops it.");
  receiver.notifications.subscribe((notification) => screen.print(format(notification)));
  await waitUntilAborted(stopping);
  return 0;
}

/**
 * Shows the name of a running task and its elapsed time. If the output is not a terminal, only the name of the task is
 * printed, once.
 */
async function showSpinner<T>(task: string, run: () => Promise<T>): Promise<T> {
  const startedAt = Date.now();
  const show = () => {
    const elapsedMs = Date.now() - startedAt;
    const frame = SPINNER[Math.floor(elapsedMs / SPINNER_MS) % SPINNER.length];
    screen.update(process.stdout.isTTY ? [`${frame} ${task}, ${formatDuration(elapsedMs)}`] : [`${task} …`]);
  };
  show();
  const timer = setInterval(show, SPINNER_MS);
  try {
    return await run();
  } finally {
    clearInterval(timer);
    screen.update([]);
  }
}

/**
 * Starts the local stack on the configured port. If another program uses the configured port, the local stack uses any
 * free port.
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
    screen.print(
      `Port ${port} is in use, perhaps by another demo. The service gets another port. PORT=4100 npm start chooses one.`,
    );
    return start(0);
  });
}

await runUntilStopped((stopping, parts) => main(exitsAfterDemo, stopping, parts));
