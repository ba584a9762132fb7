import { SQS_MAX_VISIBILITY_SECONDS } from "../domain/sqs-limits.ts";
import type { DeliveryReason } from "./delivery-reason.ts";

/**
 * The default waits before the delivery attempts of one notification, in seconds. The sum of the default waits is 20.7
 * hours, so a target that does not work for one night still receives the notification.
 */
export const DEFAULT_RETRY_SECONDS: readonly number[] = [0, 5, 30, 120, 600, 1800, 7200, 21_600, 43_200];

/**
 * Each wait of the retry schedule is randomly up to 20 % shorter or longer. Without the random part, notifications that
 * failed at the same time would be sent again at the same time.
 */
const JITTER = 0.2;

/**
 * A delivery attempt is throttled if the target refuses the message because of its rate limit. After the second
 * throttled delivery attempt in a row, the wait is twice `THROTTLED_SECONDS`. The wait doubles after each further
 * throttled delivery attempt.
 */
const THROTTLED_SECONDS = 5;
const MAX_THROTTLED_SECONDS = 300;

/**
 * The longest time for which the rate limit of a target may delay a notification. The default retry schedule is a
 * little shorter than 24 hours, so a delayed notification has at least as much time as a failed notification. SQS would
 * delete the queue message of a notification after 14 days.
 */
const MAX_THROTTLED_MS = 24 * 3_600_000;

/**
 * The maximum number of delivery attempts to a target whose responses are not valid HTTP. A target with invalid HTTP
 * may accept the notification at each attempt, so people could receive the same notification many times.
 */
const MAX_INVALID_HTTP_ATTEMPTS = 4;

/** Returns the waits of the retry schedule that apply after a delivery attempt with the given reason. */
export function shortenScheduleAfterInvalidHttp(
  reason: DeliveryReason,
  scheduleSeconds: readonly number[],
): readonly number[] {
  return reason === "invalid_http" ? scheduleSeconds.slice(0, MAX_INVALID_HTTP_ATTEMPTS) : scheduleSeconds;
}

type NextAttempt = { readonly kind: "again"; readonly afterSeconds: number } | { readonly kind: "exhausted" };

/**
 * Decides when the service sends a notification again after a delivery attempt with the verdict `retry`. The service
 * waits for the longest of three times: the wait in the retry schedule, the wait after throttled delivery attempts, and
 * the wait that the target asked for. The wait is never longer than 12 hours, because a visibility timeout of SQS is at
 * most 12 hours.
 */
export function decideNextAttempt(after: {
  /** The number of earlier delivery attempts that counted against the retry schedule. */
  readonly attempts: number;
  /** `spent` is true if the latest delivery attempt counts against the retry schedule. */
  readonly spent: boolean;
  /** The number of throttled delivery attempts in a row before the latest delivery attempt. */
  readonly throttles: number;
  /** The milliseconds since the first throttled delivery attempt of the notification. */
  readonly throttledMs: number;
  /** The wait that the target asked for, in seconds, or null if the target asked for no wait. */
  readonly afterSeconds: number | null;
  /** The waits of the retry schedule: one wait for each delivery attempt, including the first. */
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
export function firstAttemptDelayWithJitterSeconds(
  scheduleSeconds: readonly number[],
  random: number,
): number {
  return Math.min(withJitter(scheduleSeconds[0] ?? 0, random), SQS_MAX_VISIBILITY_SECONDS);
}

function withJitter(seconds: number, random: number): number {
  return seconds * (1 - JITTER + 2 * JITTER * random);
}
