import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { main } from "./cli.ts";

// A reader that has gone away (`| head`) is no reason to fail.
process.stdout.on("error", () => undefined);

process.exitCode = await main(process.argv.slice(2), {
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  readText: (file) => (file === "-" ? text(process.stdin) : readFile(file, "utf8")),
  now: () => performance.now(),
  wait: (ms) => setTimeout(ms),
});
