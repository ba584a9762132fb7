import { log } from "../../lib/runtime/log.ts";

export interface Schedule {
  /** Prevents further runs. */
  stop(): void;
  /** Waits for the end of the current run of `run`. If `run` is not running, the promise resolves at once. */
  ended(): Promise<void>;
}

/**
 * Calls `run` immediately and then at regular intervals. A run starts only after the previous run has ended. If a run
 * fails, the error is logged.
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
