import { log } from "../../lib/runtime/log.ts";

export interface Schedule {
  /** Prevents further runs. */
  stop(): void;
  /** Returns a promise that resolves when no run is in progress. */
  ended(): Promise<void>;
}

/**
 * Calls `run` immediately and then at regular intervals. Two runs never overlap. A failed run is logged, but writes no
 * metric, because an alarm counts the successful runs.
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
