import type { Instant } from "../domain/job.ts";

export interface TargetState {
  /** Since when the target is switched off because it is gone; null while it is on. */
  readonly offSince: Instant | null;
  /** A 429 asked for lastPollError until then. */
  readonly throttledUntil: Instant;
}

export interface TargetLedger {
  readTarget(name: string): Promise<TargetState>;
  /** Takes the next free place in a target's pace: now, or later when others have been before. */
  reserveRequestTime(name: string, now: Instant, intervalMs: number): Promise<Instant>;
  /**
   * The gate before an attempt: passes, and shuts for `intervalMs`, or is still shut. Places are kept by a queue
   * whose clock ticks in seconds; the gate keeps those apart that come back together.
   */
  tryAcquireRequest(name: string, now: Instant, intervalMs: number): Promise<boolean>;
  /** Only ever lengthens. */
  throttleTarget(name: string, until: Instant): Promise<void>;
  /** `true` for the one call that switched it off. */
  switchTargetOff(name: string, at: Instant): Promise<boolean>;
  switchTargetOn(name: string): Promise<void>;
}
