/** Messages of version 1. The messages in this file never change, because every later release must read version 1. */
export const POLL_V1 =
  '{"v":1,"kind":"poll","project":"prod","jobId":"job-1","caller":"token:ci","poll":1,"deadlineAt":1795433400000}';
export const NOTIFICATION_V1 =
  '{"v":1,"kind":"notification","project":"prod","jobId":"job-1","caller":"token:ci","watchGeneration":0,"generation":0,"target":"audit","outcome":"failed","redelivery":0}';
export const DIGEST_V1 = '{"v":1,"kind":"digest","digestId":"d-1","target":"deploys"}';
export const TARGET_GONE_V1 =
  '{"v":1,"kind":"target_gone","gone":"deploys","since":1795426200000,"target":"ops"}';
