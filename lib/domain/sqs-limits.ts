/** SQS delays a message by at most 900 s. */
export const SQS_MAX_DELAY_SECONDS = 900;
/** SQS hides a received message for at most 12 hours. */
export const SQS_MAX_VISIBILITY_SECONDS = 43_200;
