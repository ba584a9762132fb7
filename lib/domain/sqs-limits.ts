/** SQS delays a message by at most 900 seconds. */
export const SQS_MAX_DELAY_SECONDS = 900;
/** A received message stays invisible for at most 12 hours. */
export const SQS_MAX_VISIBILITY_SECONDS = 43_200;
/** The visibility timeout of the poll queue and of the notify queue (resources/queues.yml). */
export const VISIBILITY_TIMEOUT_SECONDS = 180;
/**
 * The longest time for which a function can make a message invisible. SQS counts the 12 hours from the time when SQS
 * delivered the message, and refuses a longer time. Lambda may start a batch up to one visibility timeout later, and
 * the function may then run for 29 seconds. The visibility timeout is subtracted a second time for the run of the
 * function and all roundings.
 */
export const MAX_POSTPONE_SECONDS = SQS_MAX_VISIBILITY_SECONDS - 2 * VISIBILITY_TIMEOUT_SECONDS;
