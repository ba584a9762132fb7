import { setTimeout as wait } from "node:timers/promises";
import { Stoppables } from "./stoppables.ts";

const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
/** The terminal sends Ctrl-C to all processes, and npm sends it again. Within this time both count as one signal. */
const SAME_SIGNAL_MS = 500;
/** After a signal, work that does not end within this time counts as hanging. */
const STOP_TIME_LIMIT_MS = 2_000;

type Result =
  | { readonly kind: "ended"; readonly status: number }
  | { readonly kind: "failed"; readonly error: unknown }
  | { readonly kind: "hangs"; readonly signal: NodeJS.Signals };

/**
 * Runs a command and ends the process. The exit status is the returned number, or 1 with the error's message. A stop
 * signal aborts `stopping`. Then the exit status is 0, or the same signal ends the process when the command hangs.
 * Everything in `parts` is stopped first.
 */
export async function runUntilStopped(
  command: (stopping: AbortSignal, parts: Stoppables) => Promise<number>,
): Promise<void> {
  const signalled = firstStopSignal();
  const stopping = new AbortController();
  void signalled.then(() => stopping.abort());
  const parts = new Stoppables();
  const ended = command(stopping.signal, parts).then(
    (status): Result => ({ kind: "ended", status }),
    (error: unknown): Result =>
      // An aborted command may throw.
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

/** Waits until the signal is aborted. */
export function untilAborted(stopping: AbortSignal): Promise<void> {
  if (stopping.aborted) return Promise.resolve();
  return new Promise((resolve) => stopping.addEventListener("abort", () => resolve(), { once: true }));
}

/** Waits for the first SIGTERM, SIGINT or SIGHUP. The next signal ends the process at once. */
export function firstStopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const name of SIGNALS)
      process.on(name, () => {
        resolve(name);
        setTimeout(removeSignalHandlers, SAME_SIGNAL_MS).unref();
      });
  });
}

/** Ends this process by a signal. `process.exit` would wait for threads, which may hang. */
function endBySignal(signal: NodeJS.Signals): void {
  removeSignalHandlers();
  process.kill(process.pid, signal);
}

function removeSignalHandlers(): void {
  for (const name of SIGNALS) process.removeAllListeners(name);
}
