import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Receiver, startReceiver } from "../../local/receiver/receiver.ts";
import { type EmbeddedStack, startEmbeddedStack } from "../../local/stack/embedded-stack.ts";
import { packageToyService } from "./toy-service.ts";

export interface ToyStack extends EmbeddedStack {
  readonly receiver: Receiver;
  /** What functions and event sources have said: the function's name, and the line. */
  readonly lines: readonly string[];
}

/** Puts the toy service up inside of the test's own process, with a receiver beside it. */
export async function startToyStack(scheduleSpeed = 1): Promise<ToyStack> {
  const folder = await mkdtemp(join(tmpdir(), "toy-stack-"));
  const configFile = join(folder, "config.json");
  await writeFile(configFile, "{}");
  const lines: string[] = [];
  const receiver = await startReceiver();
  const stack = await startEmbeddedStack({
    packageDir: await packageToyService(),
    port: 0,
    configFile,
    ledgerDir: null,
    scheduleSpeed,
    log: (name, line) => lines.push(`${name} ${line}`),
  });
  return {
    ...stack,
    receiver,
    lines,
    async stop() {
      await stack.stop();
      await receiver.stop();
      await rm(folder, { recursive: true });
    },
  };
}

/** Waits until something is so, as long as the test may take. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise(setImmediate);
}
