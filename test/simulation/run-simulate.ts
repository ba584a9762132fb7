import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { LARGE_YOUNG_GENERATION } from "../support/young-generation.ts";

/**
 * The time limit of a test with a long simulation. The limit ends only a run that hangs. Such a run needs up to 70 s of
 * one processor, and other programs can make it far slower.
 */
export const TIME_LIMIT_MS = 1_800_000;
const SIMULATE = fileURLToPath(new URL("./simulate.ts", import.meta.url));

/** Runs `npm run simulate` in its own process. In the test runner, the simulation would be many times slower. */
export function runSimulate(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [LARGE_YOUNG_GENERATION, SIMULATE, ...args],
      (_error, stdout, stderr) => resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}
