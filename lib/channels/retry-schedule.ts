import { SQS_MAX_VISIBILITY_SECONDS } from "../domain/sqs-limits-and-leases.ts";
import type { DeliveryReason } from "./delivery-reason.ts";

/**
 * The default waits before the delivery attempts of a notification, in seconds. The waits add up to 20.7 hours, so that
 * a target can be down for one night.
 */
export const DEFAULT_RETRY_SECONDS: readonly number[] = [0, 5, 30, 120, 600, 1800, 7200, 21_600, 43_200];

/**
 * Each wait is randomly up to 20 % shorter or longer, so that notifications that failed together are not sent again
 * together.
 */
const JITTER = 0.2;

/**
 * After a throttled attempt, the target has refused a message because of its rate limit. After two throttled attempts
 * in a row, the wait is twice `THROTTLED_SECONDS` seconds. The wait doubles after each further throttled attempt.
 */
const THROTTLED_SECONDS = 5;
const MAX_THROTTLED_SECONDS = 300;

/**
 * The longest time for which throttling may delay a notification. This maximum is a little longer than the default
 * retry schedule.
 */
const MAX_THROTTLED_MS = 24 * 3_600_000;

/**
 * The maximum number of attempts if the responses are not valid HTTP. A target may accept a notification and still
 * respond with invalid HTTP. Further attempts could then deliver the notification many times.
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
 * Decides when to send a notification again after the verdict `retry`. The longest of three waits counts: the retry
 * schedule, the throttling, and the wait that the target asked for. The wait is at most 12 hours, because SQS does not
 * allow a longer visibility timeout.
 */
export function decideNextAttempt(after: {
  /** The number of earlier attempts of the retry schedule. */
  readonly attempts: number;
  /** True if the latest attempt counts as an attempt of the retry schedule. */
  readonly spent: boolean;
  /** The number of throttled attempts in a row before the latest attempt. */
  readonly throttles: number;
  /** The milliseconds since the first throttled attempt. */
  readonly throttledMs: number;
  /** The wait that the target asked for, in seconds, or null. */
  readonly afterSeconds: number | null;
  /** One wait for each attempt of the retry schedule, including the first. */
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
