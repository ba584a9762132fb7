import { join } from "node:path";
import { packageService } from "./package/package-service.ts";
import { startEmbeddedStack } from "./stack/embedded-stack.ts";
import { createFunctionLog } from "./stack/function-log.ts";
import { checkConfig } from "./stack/read-config.ts";
import { runCommand, untilAborted } from "./stack/run-command.ts";
import { readOptions } from "./stack/stack-options.ts";
import type { Stoppables } from "./stack/stoppables.ts";

const say = (words: string) => process.stderr.write(`${words}\n`);

/** `npm run stack`: one line of JSON on stdout when the stack is up; everything else goes to stderr. */
async function main(stopping: AbortSignal, parts: Stoppables): Promise<number> {
  const options = readOptions(process.env);
  if (options.configFile !== null) await checkConfig(options.configFile);
  const packageDir = await packageService({
    serviceDir: options.serviceDir,
    buildDir: join(options.rootDir, "build", "packages"),
    stopping,
  });
  const configFile = options.configFile ?? (await startWorldOfItsOwn(parts));
  const log = createFunctionLog({ verbose: options.verbose, file: options.logFile, print: say });
  const { port, ledgerDir, scheduleSpeed } = options;
  const { stop, ...addresses } = await startEmbeddedStack({
    packageDir,
    port,
    configFile,
    ledgerDir,
    scheduleSpeed,
    log,
  });
  parts.add({ stop });
  process.stdout.write(`${JSON.stringify({ ready: true, ...addresses })}\n`);
  await untilAborted(stopping);
  return 0;
}

/** Without a config there is nothing to ask and nobody to tell: a simulated cloud and a receiver take their places. */
async function startWorldOfItsOwn(parts: Stoppables): Promise<string> {
  const { startWorld } = await import("./demo/world.ts");
  const world = parts.add(await startWorld());
  say(
    `no CONFIG_FILE: simulated CCE at ${world.cceUrl}, notifications at ${world.receiverUrl}, token ${world.token}`,
  );
  return world.configFile;
}

await runCommand(main);
