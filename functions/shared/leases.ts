/**
 * The lease of a poll (the time for which one message alone may do the poll). The lease of a poll is longer than the
 * time limit of the poll function (29 s), so no second invocation can repeat the poll while the first invocation may
 * still run. The lease of a poll is shorter than the visibility timeout of the queue, so the lease has ended when SQS
 * delivers the poll message again.
 */
export const POLL_LEASE_MS = 35_000;

/**
 * The lease of a notification (the time for which one message alone may send the notification). The lease of a
 * notification is longer than the timeout of the notify function and shorter than the visibility timeout of the queue
 * (see `POLL_LEASE_MS`).
 */
export const NOTIFICATION_LEASE_MS = 35_000;
