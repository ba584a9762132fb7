/** The longest time for which SQS delays a new message. */
export const SQS_MAX_DELAY_SECONDS = 900;
/** The longest visibility timeout of SQS: 12 hours. */
export const SQS_MAX_VISIBILITY_SECONDS = 43_200;
/** The visibility timeout of the poll queue and of the notify queue (resources/queues.yml). */
export const VISIBILITY_TIMEOUT_SECONDS = 180;
/**
 * The longest time for which a function can make a message invisible. SQS refuses a time later than 12 hours after the
 * receive of the message. The function may call SQS some minutes after this receive. `MAX_POSTPONE_SECONDS` is
 * therefore two visibility timeouts shorter than 12 hours.
 */
export const MAX_POSTPONE_SECONDS = SQS_MAX_VISIBILITY_SECONDS - 2 * VISIBILITY_TIMEOUT_SECONDS;
