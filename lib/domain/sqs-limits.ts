/** SQS delays a message by at most 900 seconds. */
export const SQS_MAX_DELAY_SECONDS = 900;
/** A received message stays invisible for at most 12 hours. */
export const SQS_MAX_VISIBILITY_SECONDS = 43_200;
