import { setTimeout } from "node:timers/promises";
import type { Environment } from "./command-line.ts";
import { describeInternalError } from "./error-text.ts";
import { EXIT } from "./exit-code.ts";
import { openBrowser } from "./open-browser.ts";
import { readText } from "./read-text.ts";

/**
 * Connects a command to the outputs, environment variables, clock and signals of this process. The function also adds
 * two error handlers to this process. One handler ignores errors of a closed output, for example after `head` has
 * ended. The other handler prints an unhandled error to stderr as one line.
 */
export function createProcessEnvironment(): Environment {
  const { stdin, stdout, stderr } = process;
  ignoreClosedOutputs();
  process.on("uncaughtException", (error) => {
    stderr.write(describeInternalError(error));
    process.exit(EXIT.unreachable);
  });
  return {
    env: process.env,
    stdout,
    stderr,
    readText: (file) => readText(file, stdin),
    openBrowser,
    now: () => performance.timeOrigin + performance.now(),
    wait: (ms) => setTimeout(ms),
    every(ms, callback) {
      const timer = setInterval(callback, ms);
      return () => clearInterval(timer);
    },
    onInterrupt: createInterruptHandler(),
  };
}

/** Ignores the error that occurs when a program such as `head` stops reading the output. */
export function ignoreClosedOutputs(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
}

function createInterruptHandler(): Environment["onInterrupt"] {
  let describe: (() => string) | null = null;
  return (text) => {
    if (describe === null)
      for (const signal of ["SIGINT", "SIGTERM"] as const)
        process.once(signal, () => {
          process.stderr.write(describe?.() ?? "");
          // `process.once` has already removed this signal handler. Now the process sends the same signal to itself,
          // and the signal ends the process. The shell can then see which signal ended the process.
          process.kill(process.pid, signal);
        });
    describe = text;
  };
}
