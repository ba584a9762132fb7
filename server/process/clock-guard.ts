import type { Instant } from "../../lib/domain/job.ts";

/** Smaller steps are normal corrections by the time service of the machine. */
const MIN_STEP_MS = 2000;

interface ClockGuard {
  /** Returns by how much the clock was set back since the previous call, or 0. */
  readStepBackMs(): number;
}

/**
 * Compares the clock of the machine with a clock that is never set back. A clock that is set forward needs no
 * correction, because everything planned is then due at once.
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
