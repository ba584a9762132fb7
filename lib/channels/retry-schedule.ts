import { SQS_MAX_VISIBILITY_SECONDS } from "../domain/sqs-limits.ts";

/**
 * The default waits before the delivery attempts of one notification, in seconds. The waits add up to 20.7 hours, so a
 * receiver that fails for a night still gets the notification.
 */
export const DEFAULT_RETRY_SECONDS: readonly number[] = [0, 5, 30, 120, 600, 1800, 7200, 21_600, 43_200];

/** The fraction by which each wait varies, so that notifications that failed together are not sent again together. */
const JITTER = 0.2;

/** The wait after two throttled delivery attempts in a row is twice `THROTTLED_SECONDS`. Each further wait doubles. */
const THROTTLED_SECONDS = 5;
const MAX_THROTTLED_SECONDS = 300;

/**
 * The longest time that a receiver may throttle a notification. 24 hours are a little longer than the default retry
 * schedule, so a throttled notification has at least as much time as a failed notification. SQS keeps a message for at
 * most 14 days.
 */
const MAX_THROTTLED_MS = 24 * 3_600_000;

export type NextAttempt =
  | { readonly kind: "again"; readonly afterSeconds: number }
  | { readonly kind: "exhausted" };

/**
 * Decides when to send a notification again after a delivery attempt with the verdict `retry`. The wait is at least the
 * receiver's requested wait and the schedule's wait. The maximum is 12 hours, the longest wait of an SQS message.
 */
export function decideNextAttempt(after: {
  /** The number of earlier delivery attempts that counted. */
  readonly attempts: number;
  /** True if the latest delivery attempt counts. A throttled delivery attempt does not count. */
  readonly spent: boolean;
  /** The number of throttled delivery attempts in a row before the latest delivery attempt. */
  readonly throttles: number;
  /** The time after the first throttled delivery attempt of the notification. */
  readonly throttledMs: number;
  /** The wait that the receiver asked for, or null. */
  readonly afterSeconds: number | null;
  /** The wait before each delivery attempt, including the first. The array has one entry for each delivery attempt. */
  readonly scheduleSeconds: readonly number[];
  /** A random number from 0 to less than 1. */
  readonly random: number;
}): NextAttempt {
  const { spent, throttles, scheduleSeconds } = after;
  const step = after.attempts + 1;
  const isLast = spent ? step >= scheduleSeconds.length : after.throttledMs >= MAX_THROTTLED_MS;
  if (isLast) return { kind: "exhausted" };
  const scheduled = scheduleSeconds[step] ?? scheduleSeconds.at(-1) ?? 0;
  const backoff =
    spent || throttles === 0 ? 0 : Math.min(THROTTLED_SECONDS * 2 ** throttles, MAX_THROTTLED_SECONDS);
  const wait = Math.max(withJitter(Math.max(scheduled, backoff), after.random), after.afterSeconds ?? 0);
  return { kind: "again", afterSeconds: Math.min(wait, SQS_MAX_VISIBILITY_SECONDS) };
}

/** Returns the wait before the first delivery attempt, in seconds. `random` is a number from 0 to less than 1. */
export function firstWaitSeconds(scheduleSeconds: readonly number[], random: number): number {
  return Math.min(withJitter(scheduleSeconds[0] ?? 0, random), SQS_MAX_VISIBILITY_SECONDS);
}

function withJitter(seconds: number, random: number): number {
  return seconds * (1 - JITTER + 2 * JITTER * random);
}
