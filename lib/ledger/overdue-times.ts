import type { Instant } from "../domain/job.ts";

/**
 * A poll that is more than `POLL_OVERDUE_MS` late is probably lost. The delays of the queue and of a cold start of a
 * Lambda function are shorter.
 */
const POLL_OVERDUE_MS = 30_000;

/**
 * The time between the end of a watch and the check whether all notifications were delivered. Most deliveries are
 * finished at the time of the check.
 */
const DELIVERIES_OVERDUE_MS = 60_000;

/**
 * Returns the time when the sweep function sends the message of a poll again. `nextPollAt` is the planned time of the
 * poll.
 */
export function pollOverdueAt(nextPollAt: Instant): Instant {
  return nextPollAt + POLL_OVERDUE_MS;
}

/**
 * Returns the time when the sweep function checks whether all notifications of an ended watch were delivered.
 * @param at the time when the watch ended, or when a target was added to the ended watch.
 */
export function deliveriesOverdueAt(at: Instant): Instant {
  return at + DELIVERIES_OVERDUE_MS;
}
