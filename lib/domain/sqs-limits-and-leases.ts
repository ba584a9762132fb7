/** The longest time for which SQS delays a new message. */
export const SQS_MAX_DELAY_SECONDS = 900;
/** The longest visibility timeout of SQS: 12 hours. */
export const SQS_MAX_VISIBILITY_SECONDS = 43_200;
/** The visibility timeout of the poll queue and of the notify queue (resources/queues.yml). */
export const VISIBILITY_TIMEOUT_SECONDS = 180;
/**
 * The longest time for which a function can make a message invisible. SQS refuses a time later than 12 hours after the
 * receive of the message. The function may call SQS some minutes after the receive of the message.
 * `MAX_POSTPONE_SECONDS` is therefore two visibility timeouts shorter than 12 hours.
 */
export const MAX_POSTPONE_SECONDS = SQS_MAX_VISIBILITY_SECONDS - 2 * VISIBILITY_TIMEOUT_SECONDS;

/**
 * The lease of a poll. During the lease, only one message may make the poll. The lease is longer than the time limit of
 * the function (29 s), so that two invocations cannot make the same poll. The lease is shorter than the visibility
 * timeout. The lease has therefore ended when SQS delivers the message again.
 */
export const POLL_LEASE_MS = 35_000;

/**
 * The lease of a notification. During the lease, only one message may send the notification. The lease has the same
 * limits as `POLL_LEASE_MS`.
 */
export const NOTIFICATION_LEASE_MS = 35_000;
