import { SQS_MAX_VISIBILITY_SECONDS } from "../domain/sqs-limits.ts";

/** How far a wait may lie off its schedule, either way, so that notifications that failed together do not return together. */
const JITTER = 0.2;

/** The second throttle in a row waits twice this, each further one twice as long as the one before, to a bound. */
const THROTTLED_SECONDS = 5;
const MAX_THROTTLED_SECONDS = 300;

/**
 * For how long a receiver may throttle a notification. A little longer than the default schedule takes, so that waiting out a 429
 * is never worse than failing; and far less than the 14 days for which the queue keeps a message.
 */
const MAX_THROTTLED_MS = 24 * 3_600_000;

export type NextAttempt =
  | { readonly kind: "again"; readonly afterSeconds: number }
  | { readonly kind: "exhausted" };

/**
 * When to try again after an attempt whose verdict was `retry`. `scheduleSeconds` holds the wait before each
 * attempt, the first included, so its length is the number of attempts. `attempts` counts those spent before
 * this one; `spent` says whether this one counts too. One that does not was throttled: `throttles` counts those in a
 * row before it, `throttledMs` is the time since the notification's very first. A wait the receiver asked for is kept in
 * full, and the schedule is its floor; neither goes beyond what a queue can wait. `random` in [0, 1).
 */
export function nextAttempt(after: {
  readonly attempts: number;
  readonly spent: boolean;
  readonly throttles: number;
  readonly throttledMs: number;
  readonly afterSeconds: number | null;
  readonly scheduleSeconds: readonly number[];
  readonly random: number;
}): NextAttempt {
  const { spent, throttles, scheduleSeconds } = after;
  const step = after.attempts + 1;
  const isLast = spent ? step >= scheduleSeconds.length : after.throttledMs >= MAX_THROTTLED_MS;
  if (isLast) return { kind: "exhausted" };
  const scheduled = scheduleSeconds[step] ?? scheduleSeconds.at(-1) ?? 0;
  const backedOff =
    spent || throttles === 0 ? 0 : Math.min(THROTTLED_SECONDS * 2 ** throttles, MAX_THROTTLED_SECONDS);
  const wait = Math.max(jittered(Math.max(scheduled, backedOff), after.random), after.afterSeconds ?? 0);
  return { kind: "again", afterSeconds: Math.min(wait, SQS_MAX_VISIBILITY_SECONDS) };
}

/** The wait before the first attempt, in seconds. */
export function firstWaitSeconds(scheduleSeconds: readonly number[], random: number): number {
  return Math.min(jittered(scheduleSeconds[0] ?? 0, random), SQS_MAX_VISIBILITY_SECONDS);
}

function jittered(seconds: number, random: number): number {
  return seconds * (1 - JITTER + 2 * JITTER * random);
}
