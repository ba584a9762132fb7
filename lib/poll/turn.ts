import type { Instant } from "../job.ts";
import { SQS_MAX_DELAY_SECONDS } from "../settings.ts";
import { type Decision, type LookedWatch, timedOut } from "./decide.ts";

/**
 * How long after its deadline a watch still makes its last look, where its project's quota kept it from making it before:
 * a job that ended in time is told as what it is, though later, and not as timed out.
 */
const LAST_LOOK_MS = 3_600_000;

/**
 * What a watch does whose next look has to wait until `slotAt` for its turn in the project's quota. Nothing was asked,
 * so nothing is concluded about the job: a turn that comes soon enough after the deadline is waited for, too. One that
 * does not ends the watch at its deadline, and says so.
 */
export function awaitTurn(
  watch: Pick<LookedWatch, "acceptedAt" | "deadlineAt" | "misses" | "trouble" | "silence">,
  slotAt: Instant,
  now: Instant,
): Decision {
  const { deadlineAt, misses, trouble, silence } = watch;
  const comesInTime = slotAt <= deadlineAt + LAST_LOOK_MS;
  if (!comesInTime && now >= deadlineAt)
    return timedOut(watch, "its project's quota of queries left no turn for a last look");
  const wakeAt = comesInTime ? slotAt : Math.min(slotAt, deadlineAt);
  const delaySeconds = Math.min(SQS_MAX_DELAY_SECONDS, Math.max(0, Math.ceil((wakeAt - now) / 1000)));
  return { kind: "look_again", delaySeconds, trouble, silence, misses };
}
