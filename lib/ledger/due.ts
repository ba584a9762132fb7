import type { Instant } from "../domain/job.ts";

/** How late a poll may be before the sweep sends it again: more than a queue and a cold start usually take. */
const OVERDUE_SLACK_MS = 30_000;

/** How long after a watch's end the sweep first checks that every notification of it is final. */
const SETTLE_MS = 60_000;

/** When a watch whose next poll is planned for `nextPollAt` counts as overdue. */
export function pollDueAt(nextPollAt: Instant): Instant {
  return nextPollAt + OVERDUE_SLACK_MS;
}

/** When the sweep should look after the deliveries of a watch that ended, or got a new target, at `at`. */
export function settleDueAt(at: Instant): Instant {
  return at + SETTLE_MS;
}
