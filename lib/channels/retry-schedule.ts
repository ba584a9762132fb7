import { SQS_MAX_VISIBILITY_SECONDS } from "../domain/sqs-limits.ts";

/** Each wait varies by this fraction, so notifications that failed together are not sent again together. */
const JITTER = 0.2;

/** The wait after the second throttled attempt in a row is twice this. Each further wait is twice the one before. */
const THROTTLED_SECONDS = 5;
const MAX_THROTTLED_SECONDS = 300;

/**
 * The longest time that a receiver may throttle a notification. It is a little longer than the default retry schedule,
 * so a throttled notification has at least as much time as a failed one. SQS keeps a message for at most 14 days.
 */
const MAX_THROTTLED_MS = 24 * 3_600_000;

export type NextAttempt =
  | { readonly kind: "again"; readonly afterSeconds: number }
  | { readonly kind: "exhausted" };

/**
 * Decides when to send again after an attempt with the verdict `retry`. The wait is at least the one that the receiver
 * asked for and the one of the schedule. It is at most what a queue can wait.
 */
export function decideNextAttempt(after: {
  /** Attempts that counted, before this one. */
  readonly attempts: number;
  /** Whether this attempt counts. A throttled attempt does not. */
  readonly spent: boolean;
  /** Throttled attempts in a row before this one. */
  readonly throttles: number;
  /** The time since the first throttled attempt of the notification. */
  readonly throttledMs: number;
  /** The wait that the receiver asked for. */
  readonly afterSeconds: number | null;
  /** The wait before each attempt, including the first. Its length is the number of attempts. */
  readonly scheduleSeconds: readonly number[];
  /** From 0 to less than 1. */
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

/** Returns the wait before the first attempt, in seconds. `random` is from 0 to less than 1. */
export function firstWaitSeconds(scheduleSeconds: readonly number[], random: number): number {
  return Math.min(withJitter(scheduleSeconds[0] ?? 0, random), SQS_MAX_VISIBILITY_SECONDS);
}

function withJitter(seconds: number, random: number): number {
  return seconds * (1 - JITTER + 2 * JITTER * random);
}
