import { SQS_MAX_VISIBILITY_SECONDS } from "../domain/sqs-limits-and-leases.ts";
import type { DeliveryReason } from "./delivery-reason.ts";

/**
 * The default waits before the delivery attempts of a notification, in seconds. The waits add up to 20.7 hours, so that
 * a target can be down for one night.
 */
export const DEFAULT_RETRY_SECONDS: readonly number[] = [0, 5, 30, 120, 600, 1800, 7200, 21_600, 43_200];

/**
 * The service makes each wait randomly up to 20 % shorter or longer. Because of the random part, notifications that
 * failed together are sent again at different times.
 */
const JITTER = 0.2;

/**
 * A throttled attempt is a delivery attempt that the target refused because of its rate limit. After two throttled
 * attempts in a row, the wait is twice `THROTTLED_SECONDS`. With each further throttled attempt, the wait doubles.
 */
const THROTTLED_SECONDS = 5;
const MAX_THROTTLED_SECONDS = 300;

/**
 * The maximum time for which throttled attempts can delay a notification. The maximum is a little longer than the
 * default retry schedule.
 */
const MAX_THROTTLED_MS = 24 * 3_600_000;

/**
 * The maximum number of delivery attempts if the target responds with invalid HTTP. A target that responds with invalid
 * HTTP may nevertheless have accepted the notification. With more attempts, the target could get the notification many
 * times.
 */
const MAX_INVALID_HTTP_ATTEMPTS = 4;

/**
 * Returns the retry schedule. After a response with invalid HTTP, the function returns only the first waits of the
 * schedule.
 */
export function shortenScheduleAfterInvalidHttp(
  reason: DeliveryReason,
  scheduleSeconds: readonly number[],
): readonly number[] {
  return reason === "invalid_http" ? scheduleSeconds.slice(0, MAX_INVALID_HTTP_ATTEMPTS) : scheduleSeconds;
}

type NextAttempt = { readonly kind: "again"; readonly afterSeconds: number } | { readonly kind: "exhausted" };

interface AttemptToRetry {
  /** The number of earlier delivery attempts, without throttled attempts. */
  readonly attempts: number;
  /** False if the target throttled the latest delivery attempt. */
  readonly spent: boolean;
  /** The number of throttled delivery attempts in a row before the latest attempt. */
  readonly throttles: number;
  /** The milliseconds since the target throttled a delivery attempt of the notification for the first time. */
  readonly throttledMs: number;
  /** The wait in seconds that the target requested, or null. */
  readonly afterSeconds: number | null;
  /** The retry schedule: one wait before each delivery attempt, including the first attempt. */
  readonly scheduleSeconds: readonly number[];
  /** A random number from 0 to less than 1. */
  readonly random: number;
}

/**
 * Decides when the service sends a notification again after the verdict `retry`. The function computes three waits:
 * from the retry schedule, from the throttled attempts, and from the target's response. The longest of these waits
 * applies. The wait is at most 12 hours, because SQS does not allow a longer visibility timeout.
 */
export function decideNextAttempt(after: AttemptToRetry): NextAttempt {
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
