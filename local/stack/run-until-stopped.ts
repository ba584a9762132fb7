import { setTimeout as wait } from "node:timers/promises";
import { Stoppables } from "./stoppables.ts";

const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
/**
 * Two stop signals within this time count as one signal. After one Ctrl-C, a process gets a signal from the terminal
 * and a second signal from npm.
 */
const SAME_SIGNAL_MS = 500;
/**
 * The time in which a command must end after a stop signal. After ten seconds, the command counts as hanging. The limit
 * is long, because a command that has just started stops slowly on a busy machine. A user who does not want to wait can
 * send a second signal.
 */
const STOP_TIME_LIMIT_MS = 10_000;

type Result =
  | { readonly kind: "ended"; readonly status: number }
  | { readonly kind: "failed"; readonly error: unknown }
  | { readonly kind: "hangs"; readonly signal: NodeJS.Signals };

/**
 * Runs a command and then ends this process. The exit status is the number that the command returns. If the command
 * throws, the error message is printed and the exit status is 1. A stop signal (such as SIGTERM) aborts the abort
 * signal `stopping`. If the command ends after a stop signal, the exit status is 0. If the command hangs after a stop
 * signal, the function removes its signal handlers and sends the same signal to the process again. Before the process
 * ends, every program part in `parts` is stopped.
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
      // After its abort, a command may throw any error, so this error is ignored.
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

/**
 * Sends a signal to this process itself, which ends the process. `process.exit` is not used, because it would wait for
 * threads that may hang.
 */
function endBySignal(signal: NodeJS.Signals): void {
  removeSignalHandlers();
  process.kill(process.pid, signal);
}

function removeSignalHandlers(): void {
  for (const name of SIGNALS) process.removeAllListeners(name);
}
