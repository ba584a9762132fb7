import type { Instant } from "../../lib/domain/job.ts";

/**
 * The smallest clock change, in milliseconds, that the service corrects. The time service of a machine corrects the
 * clock by smaller steps all the time.
 */
const MIN_STEP_MS = 2000;

interface ClockGuard {
  /** Returns the milliseconds by which the machine's clock was set back since the previous call, or 0. */
  readStepBackMs(): number;
}

/**
 * Detects changes of the machine's clock by a second clock that is never set back. A clock that was set forward needs
 * no correction: planned polls and messages are only due earlier.
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
