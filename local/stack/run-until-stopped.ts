import { setTimeout as wait } from "node:timers/promises";
import { Stoppables } from "./stoppables.ts";

const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
/**
 * Ctrl-C can send two signals to the process: one from the terminal and one from npm. If two signals arrive within
 * `SAME_SIGNAL_MS` milliseconds, they count as one signal.
 */
const SAME_SIGNAL_MS = 500;
/**
 * After a stop signal, a command must end within this number of milliseconds. The time limit is long, because a busy
 * machine may need seconds to stop a command. A second stop signal ends the command without waiting.
 */
const STOP_TIME_LIMIT_MS = 10_000;

type Result =
  | { readonly kind: "ended"; readonly status: number }
  | { readonly kind: "failed"; readonly error: unknown }
  | { readonly kind: "hangs"; readonly signal: NodeJS.Signals };

/**
 * Runs a command, then stops everything in `parts`, such as servers, and ends the process. The number that the command
 * returns becomes the exit status. If the command throws, the error message is printed and the exit status is 1. A stop
 * signal, such as SIGTERM, aborts `stopping`. After a stop signal, the exit status is 0 even if the command throws an
 * error. If a command still runs 10 s after a stop signal, the process sends the signal to itself and ends.
 */
export async function runUntilStopped(
  command: (stopping: AbortSignal, parts: Stoppables) => Promise<number>,
): Promise<void> {
  const signalled = waitForStopSignal();
  const stopping = new AbortController();
  void signalled.then(() => stopping.abort());
  const parts = new Stoppables();
  const ended = command(stopping.signal, parts).then(
    (status): Result => ({ kind: "ended", status }),
    (error: unknown): Result =>
      // After a stop signal, any error only means that the command was interrupted.
      stopping.signal.aborted ? { kind: "ended", status: 0 } : { kind: "failed", error },
  );
  const result = await Promise.race([ended, hanging(signalled)]);
  const final = await parts.stop().then(
    () => result,
    (error: unknown): Result => (result.kind === "ended" ? { kind: "failed", error } : result),
  );
  if (final.kind === "hangs") return endBySignal(final.signal);
  if (final.kind === "ended") process.exit(final.status);
  const { error } = final;
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

async function hanging(signalled: Promise<NodeJS.Signals>): Promise<Result> {
  const signal = await signalled;
  await wait(STOP_TIME_LIMIT_MS);
  return { kind: "hangs", signal };
}

/** Returns a promise that resolves as soon as the abort signal is aborted. */
export function waitUntilAborted(stopping: AbortSignal): Promise<void> {
  if (stopping.aborted) return Promise.resolve();
  return new Promise((resolve) => stopping.addEventListener("abort", () => resolve(), { once: true }));
}

/**
 * Returns a promise that resolves with the first signal SIGTERM, SIGINT or SIGHUP that this process receives. A second
 * signal ends the process immediately.
 */
export function waitForStopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const name of SIGNALS)
      process.on(name, () => {
        resolve(name);
        setTimeout(removeSignalHandlers, SAME_SIGNAL_MS).unref();
      });
  });
}

/** Ends this process by a signal. `process.exit` could hang, because `process.exit` waits for threads. */
function endBySignal(signal: NodeJS.Signals): void {
  removeSignalHandlers();
  process.kill(process.pid, signal);
}

function removeSignalHandlers(): void {
  for (const name of SIGNALS) process.removeAllListeners(name);
}
