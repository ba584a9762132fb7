import { log } from "../../lib/runtime/log.ts";

export interface Schedule {
  /** Ends the schedule, so that no further run starts. */
  stop(): void;
  /** Returns a promise that resolves when no run of the schedule is in progress. */
  ended(): Promise<void>;
}

/**
 * Starts a run immediately, and then at regular intervals. No run starts while the previous run is in progress. A
 * failed run is logged, and the next run starts as planned. As on Lambda, a failed run writes no metric, because an
 * alarm counts the successful runs of the sweep and of the audit.
 */
export function startSchedule(name: string, everyMs: number, run: () => Promise<void>): Schedule {
  let current: Promise<void> | null = null;
  const start = () => {
    current ??= run()
      .catch((error: unknown) => log.error("scheduled run failed", { name }, error))
      .finally(() => {
        current = null;
      });
  };
  const timer = setInterval(start, everyMs);
  start();
  return {
    stop: () => clearInterval(timer),
    ended: async () => {
      await current;
    },
  };
}
