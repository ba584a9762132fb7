/** The maximum time for which SQS can delay a new message. */
export const SQS_MAX_DELAY_SECONDS = 900;
/** The longest visibility timeout of SQS: 12 hours. */
export const SQS_MAX_VISIBILITY_SECONDS = 43_200;
/** The visibility timeout of the poll queue and of the notify queue, from `resources/queues.yml`. */
export const VISIBILITY_TIMEOUT_SECONDS = 180;
/**
 * The maximum time for which a function makes a message invisible. SQS allows at most 12 hours after the delivery of
 * the message. Some minutes may pass between the delivery and the change of the visibility, so `MAX_POSTPONE_SECONDS`
 * is two visibility timeouts shorter than 12 hours.
 */
export const MAX_POSTPONE_SECONDS = SQS_MAX_VISIBILITY_SECONDS - 2 * VISIBILITY_TIMEOUT_SECONDS;

/**
 * The time for which a queue message reserves a poll (lease). During the lease, the function executes the poll for no
 * other message. The time limit of the function (29 s) is shorter than the lease, so two invocations never execute the
 * same poll at the same time. The visibility timeout is longer than the lease, so the lease has ended when SQS delivers
 * the message again.
 */
export const POLL_LEASE_MS = 35_000;

/**
 * The time for which a queue message reserves a notification (lease). During the lease, no other message can send the
 * notification. `NOTIFICATION_LEASE_MS` and `POLL_LEASE_MS` have the same value for the same reasons.
 */
export const NOTIFICATION_LEASE_MS = 35_000;
