import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { packageServiceIfChanged } from "../../local/package/package-service.ts";
import { type Receiver, startReceiver } from "../../local/receiver/receiver.ts";
import { type EmbeddedStack, startEmbeddedStack } from "../../local/stack/embedded-stack.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/**
 * A small service for tests of the local stack (the toy service). The event of an invocation contains the behaviour of
 * the function, such as a crash.
 */
export const TOY_SERVICE = join(ROOT, "test/fixtures/service");

/** Packages the toy service and returns the folder of the package. An unchanged service is packaged once. */
export function packageToyService(): Promise<string> {
  return packageServiceIfChanged({ serviceDir: TOY_SERVICE, buildDir: join(ROOT, "build/packages") });
}

export interface ToyStack extends EmbeddedStack {
  readonly receiver: Receiver;
  /** The log of functions and event sources. Each line starts with the name of the function. */
  readonly lines: readonly string[];
}

/** Starts the toy service and a receiver in the process of the test. */
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
    settings: { scheduleSpeed },
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
