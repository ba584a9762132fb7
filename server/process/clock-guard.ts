import type { Instant } from "../../lib/domain/job.ts";

/**
 * Smaller steps of the clock are ignored, because the time service of the machine corrects the clock by small steps.
 */
const MIN_STEP_MS = 2000;

interface ClockGuard {
  /**
   * Returns the time by which the clock was set back since the previous call. Returns 0 if the clock was not set back.
   */
  readStepBackMs(): number;
}

/**
 * Compares the clock of the machine with a clock that is never set back. If the clock is set forward, no correction is
 * needed, because all planned polls and notifications are then due immediately.
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
