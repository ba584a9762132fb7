import type { Instant } from "../domain/job.ts";
import { SQS_MAX_DELAY_SECONDS } from "../domain/sqs-limits.ts";
import { type Decision, type PolledWatch, timedOut } from "./decide.ts";

/**
 * How long after its deadline a watch still makes its last poll, where its project's quota kept it from making it before:
 * a job that ended in time is told as what it is, though later, and not as timed out.
 */
const LAST_LOOK_MS = 3_600_000;

/**
 * What a watch does whose next poll has to wait until `rateLimitedUntil` for its turn in the project's quota. Nothing was asked,
 * so nothing is concluded about the job: a turn that comes soon enough after the deadline is waited for, too. One that
 * does not ends the watch at its deadline, and says so.
 */
export function awaitTurn(
  watch: Pick<
    PolledWatch,
    "acceptedAt" | "deadlineAt" | "consecutiveFailures" | "accessError" | "lastPollError"
  >,
  rateLimitedUntil: Instant,
  now: Instant,
): Decision {
  const { deadlineAt, consecutiveFailures, accessError, lastPollError } = watch;
  const comesInTime = rateLimitedUntil <= deadlineAt + LAST_LOOK_MS;
  if (!comesInTime && now >= deadlineAt)
    return timedOut(watch, "its project's quota of queries left no turn for a last poll");
  const wakeAt = comesInTime ? rateLimitedUntil : Math.min(rateLimitedUntil, deadlineAt);
  const delaySeconds = Math.min(SQS_MAX_DELAY_SECONDS, Math.max(0, Math.ceil((wakeAt - now) / 1000)));
  return { kind: "poll_again", delaySeconds, accessError, lastPollError, consecutiveFailures };
}
