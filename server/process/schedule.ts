import { log } from "../../lib/runtime/log.ts";

export interface Schedule {
  /** Starts no further run. */
  stop(): void;
  /** Resolves when no run is in progress. */
  ended(): Promise<void>;
}

/**
 * Runs at once and then at regular intervals, but never twice at the same time. A failed run is logged. A failed run
 * writes no metric, because an alarm counts successful runs.
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
