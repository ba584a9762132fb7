import type { Instant } from "../../lib/domain/job.ts";

/** A smaller difference is the normal correction of the clock by the time service of the machine. */
const MIN_STEP_MS = 2000;

interface ClockGuard {
  /** Returns the time by which the clock was set back since the previous call. Returns 0 if it was not set back. */
  readStepBackMs(): number;
}

/**
 * Compares the clock of the machine with a clock that is never set back. A step forward needs no correction, because
 * everything is then due at once.
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
