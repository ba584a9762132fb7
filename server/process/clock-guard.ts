import type { Instant } from "../../lib/domain/job.ts";

/**
 * The smallest step of the clock that counts. The time service of a machine makes smaller steps as normal corrections.
 */
const MIN_STEP_MS = 2000;

interface ClockGuard {
  /** Returns the time by which the clock was set back since the previous call, or 0. */
  readStepBackMs(): number;
}

/**
 * Compares the clock of the machine with a clock that is never set back. If the clock is set forward, no correction is
 * needed: planned polls and messages are then due immediately.
 */
export function createClockGuard(now: () => Instant, monotonic: () => number): ClockGuard {
  let offsetMs = now() - monotonic();
  return {
    readStepBackMs() {
      const stepMs = now() - monotonic() - offsetMs;
      if (Math.abs(stepMs) < MIN_STEP_MS) return 0;
      offsetMs += stepMs;
      return Math.max(0, -stepMs);
    },
  };
}
