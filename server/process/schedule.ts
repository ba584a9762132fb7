import { log } from "../../lib/runtime/log.ts";
import { meter } from "../../lib/runtime/metrics.ts";

export interface Schedule {
  /** Starts no more runs. */
  stop(): void;
  /** Returns a promise that resolves when no run is in progress. */
  ended(): Promise<void>;
}

/**
 * Starts a run at once, and then in regular intervals. No run starts while the previous run is in progress. A failed run
 * is logged, and the next run starts as planned.
 */
export function startSchedule(name: string, everyMs: number, run: () => Promise<void>): Schedule {
  let current: Promise<void> | null = null;
  const start = () => {
    current ??= run()
      .catch((error: unknown) => {
        log.error("scheduled run failed", { name }, error);
        meter.add("SweepFailures", 1);
      })
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
