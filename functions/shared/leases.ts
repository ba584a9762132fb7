/**
 * The lease of a poll: for `POLL_LEASE_MS`, only one message may make the poll. The lease is longer than the time limit
 * of the function (29 s), so that two invocations cannot make the same poll. The lease is shorter than the visibility
 * timeout, so that it has ended when SQS delivers the message again.
 */
export const POLL_LEASE_MS = 35_000;

/**
 * The lease of a notification: for `NOTIFICATION_LEASE_MS`, only one message may send the notification. The limits of
 * the lease are those of `POLL_LEASE_MS`.
 */
export const NOTIFICATION_LEASE_MS = 35_000;
