import type { Instant } from "../job.ts";

/** How late a look may be before the sweep sends it again: more than a queue and a cold start usually take. */
const OVERDUE_SLACK_MS = 30_000;

/** How long after a watch's end the sweep first checks that every notice of it is final. */
const SETTLE_MS = 60_000;

/** When a watch whose next look is planned for `nextLookAt` counts as overdue. */
export function lookDueAt(nextLookAt: Instant): Instant {
  return nextLookAt + OVERDUE_SLACK_MS;
}

/** When the sweep should look after the deliveries of a watch that ended, or got a new target, at `at`. */
export function settleDueAt(at: Instant): Instant {
  return at + SETTLE_MS;
}
