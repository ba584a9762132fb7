import type { Instant } from "../domain/job.ts";

/** The lateness at which the message of a poll is probably lost. A queue and a cold start delay a poll by less. */
const POLL_OVERDUE_MS = 30_000;

/** The time between the end of a watch and the check of its deliveries. Most deliveries are final after this time. */
const DELIVERIES_OVERDUE_MS = 60_000;

/** Returns the time at which the sweep function sends the message of a poll again. `nextPollAt` is the planned time. */
export function pollOverdueAt(nextPollAt: Instant): Instant {
  return nextPollAt + POLL_OVERDUE_MS;
}

/**
 * Returns the time at which the sweep function checks the deliveries of an ended watch.
 * @param at the time of the end of the watch, or the later time at which a call added a target to the watch.
 */
export function deliveriesOverdueAt(at: Instant): Instant {
  return at + DELIVERIES_OVERDUE_MS;
}
