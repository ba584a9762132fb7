import { spawnSync } from "node:child_process";
import { pathToFileURL } from "node:url";
import { functionEnvironment } from "../support/environment.ts";
import { median } from "../support/figures.ts";

const NOBODY = "http://127.0.0.1:1";
const CODE =
  "const from = performance.now(); await import(process.argv[1]); console.log(performance.now() - from);";

/** Milliseconds to load each file in a fresh process: the median of `rounds`, all files taking turns. */
export function loadTimes(files: readonly string[], rounds: number): readonly number[] {
  const times = files.map((): number[] => []);
  for (let round = 0; round < rounds; round++)
    for (const [at, file] of files.entries()) times[at]?.push(loadTime(file));
  return times.map(median);
}

function loadTime(file: string): number {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--input-type=module", "--eval", CODE, pathToFileURL(file).href],
    { env: functionEnvironment(NOBODY), encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`${file} does not load:\n${stderr}`);
  return Number(stdout.trim().split("\n").at(-1));
}
