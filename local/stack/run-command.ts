import { setTimeout } from "node:timers/promises";
import { dieOf, untilToldToStop } from "./signals.ts";
import { Stoppables } from "./stoppables.ts";

/** Work that was told to stop ends by itself within this time, or hangs. */
const HANGS_MS = 2_000;

type End =
  | { readonly kind: "ended"; readonly status: number }
  | { readonly kind: "failed"; readonly error: unknown }
  | { readonly kind: "hangs"; readonly signal: NodeJS.Signals };

/**
 * Runs what a command does, and ends the process: with its status, or with 1 and the error's words; when the process
 * is told to stop, with 0, or by that same signal where the work does not heed it. Whatever the work has put into
 * `parts` is stopped before.
 */
export async function runCommand(
  work: (stopping: AbortSignal, parts: Stoppables) => Promise<number>,
): Promise<void> {
  const told = untilToldToStop();
  const stopping = new AbortController();
  void told.then(() => stopping.abort());
  const parts = new Stoppables();
  const ended = work(stopping.signal, parts).then(
    (status): End => ({ kind: "ended", status }),
    (error: unknown): End =>
      // What was cut short may well complain.
      stopping.signal.aborted ? { kind: "ended", status: 0 } : { kind: "failed", error },
  );
  const end = await Promise.race([ended, hanging(told)]);
  const stopped = await parts.stop().then(
    () => end,
    (error: unknown): End => (end.kind === "ended" ? { kind: "failed", error } : end),
  );
  if (stopped.kind === "hangs") return dieOf(stopped.signal);
  if (stopped.kind === "ended") process.exit(stopped.status);
  const { error } = stopped;
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

async function hanging(told: Promise<NodeJS.Signals>): Promise<End> {
  const signal = await told;
  await setTimeout(HANGS_MS);
  return { kind: "hangs", signal };
}

/** Ends once the command is told to stop. */
export function untilAborted(stopping: AbortSignal): Promise<void> {
  if (stopping.aborted) return Promise.resolve();
  return new Promise((resolve) => stopping.addEventListener("abort", () => resolve(), { once: true }));
}
