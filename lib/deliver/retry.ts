import { SQS_MAX_VISIBILITY_SECONDS } from "../settings.ts";

/** How far a wait may lie off its schedule, either way, so that notices that failed together do not return together. */
const JITTER = 0.2;

export type NextAttempt =
  | { readonly kind: "again"; readonly afterSeconds: number }
  | { readonly kind: "exhausted" };

/**
 * When to try again after an attempt whose verdict was `retry`. `scheduleSeconds` holds the wait before each
 * attempt, the first included, so its length is the number of attempts. `attempts` counts those spent before
 * this one; `spent` says whether this one counts too. A wait the receiver asked for is kept in full, and the
 * schedule is its floor; neither goes beyond what a queue can wait. `random` in [0, 1).
 */
export function nextAttempt(after: {
  readonly attempts: number;
  readonly spent: boolean;
  readonly afterSeconds: number | null;
  readonly scheduleSeconds: readonly number[];
  readonly random: number;
}): NextAttempt {
  const { scheduleSeconds } = after;
  const step = after.attempts + 1;
  if (after.spent && step >= scheduleSeconds.length) return { kind: "exhausted" };
  const scheduled = scheduleSeconds[step] ?? scheduleSeconds.at(-1) ?? 0;
  const jittered = scheduled * (1 - JITTER + 2 * JITTER * after.random);
  const wait = Math.max(jittered, after.afterSeconds ?? 0);
  return { kind: "again", afterSeconds: Math.min(wait, SQS_MAX_VISIBILITY_SECONDS) };
}
