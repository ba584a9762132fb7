import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as z from "zod";
import { parseJsonOrUndefined } from "../../lib/domain/json.ts";
import type { Stoppable } from "../stack/stoppables.ts";

/** The URLs and the API token of a running demo, which the command `npm run demo:job` needs. */
const RunningDemo = z.strictObject({ api: z.url(), token: z.string(), cceUrl: z.url() });
type RunningDemo = z.infer<typeof RunningDemo>;

const fileIn = (rootDir: string): string => join(rootDir, "build", "running-demo.json");

/**
 * Writes the file with the data about the running demo. The new file about the running demo replaces the file of an
 * earlier demo. The returned function `stop` removes the file.
 */
export async function writeRunningDemoFile(rootDir: string, demo: RunningDemo): Promise<Stoppable> {
  const file = fileIn(rootDir);
  const text = JSON.stringify(demo);
  await mkdir(dirname(file), { recursive: true });
  await rm(file, { force: true });
  await writeFile(file, text, { mode: 0o600 });
  return {
    async stop() {
      // If a later demo has replaced the file, the file must not be removed.
      if ((await readFile(file, "utf8").catch(() => "")) === text) await rm(file, { force: true });
    },
  };
}

/** Returns the newest running demo, or null. */
export async function findRunningDemo(rootDir: string): Promise<RunningDemo | null> {
  const text = await readFile(fileIn(rootDir), "utf8").catch(() => "");
  const parsed = RunningDemo.safeParse(parseJsonOrUndefined(text));
  return parsed.success ? parsed.data : null;
}
