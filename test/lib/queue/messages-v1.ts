/** Bodies as version 1 wrote them. Recorded: a later release reads them, and never rewrites them. */
export const POLL_V1 =
  '{"v":1,"kind":"poll","project":"prod","jobId":"job-1","poll":1,"deadlineAt":1795433400000}';
export const NOTIFICATION_V1 =
  '{"v":1,"kind":"notification","project":"prod","jobId":"job-1","target":"audit","outcome":"failed","redelivery":0}';
/** Before redelivery was counted. */
export const NOTIFICATION_V1_FIRST =
  '{"v":1,"kind":"notification","project":"prod","jobId":"job-1","target":"audit","outcome":"failed"}';
export const DIGEST_V1 = '{"v":1,"kind":"digest","digestId":"d-1","target":"deploys"}';
export const TARGET_GONE_V1 =
  '{"v":1,"kind":"target_gone","gone":"deploys","since":1795426200000,"target":"ops"}';
