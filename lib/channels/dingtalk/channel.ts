import * as z from "zod/mini";
import { NumberOrMissing, TextOrEmpty } from "../../domain/zod-fields.ts";
import * as verdict from "../attempt-verdict.ts";
import { verdictOfResultCodeOrText } from "../attempt-verdict.ts";
import { type AttemptVerdict, createJsonPostRequest, type ReceiverAnswer } from "../channel.ts";
import { createChatChannel, robotFields } from "../chat/chat-channel.ts";
import {
  formatDingtalkMessage,
  formatPlainDingtalkMessage,
  isDingtalkMessageWithinLimits,
} from "./message.ts";
import { createDingtalkSignatureQuery } from "./signature.ts";

/**
 * The channel for a custom robot of DingTalk. In the config of a DingTalk target, `mention` is a mobile number, a user
 * ID or `all`.
 */
export const dingtalkChannel = createChatChannel({
  target: z.lazy(() => z.strictObject({ kind: z.literal("dingtalk"), ...robotFields })),
  rateLimit: { messages: 20, windowMs: 60_000 },
  render: formatDingtalkMessage,
  renderPlain: formatPlainDingtalkMessage,
  isWithinLimits: isDingtalkMessageWithinLimits,
  /** If the target has a secret, the function adds `timestamp` and `sign` to the query of the URL. */
  buildRequest({ url, secret }, payload, { now }) {
    const request = createJsonPostRequest(url, payload);
    if (secret === undefined) return request;
    const separator = request.url.includes("?") ? "&" : "?";
    return { ...request, url: request.url + separator + createDingtalkSignatureQuery(secret.reveal(), now) };
  },
  ownVerdictOf: dingtalkVerdict,
});

/** After more than 20 messages in a minute, DingTalk blocks a robot for ten minutes. */
const BLOCKED_SECONDS = 600;

const Body = z.lazy(() => z.object({ errcode: NumberOrMissing, errmsg: TextOrEmpty }));

/**
 * Returns the verdict for a response of DingTalk from the fields `errcode` and `errmsg`. If the response is not from
 * DingTalk, the result is null. For example, `errcode` 430101 means that DingTalk refuses a link in the message.
 * https://open.dingtalk.com/document/orgapp/custom-bot-send-message-type
 */
function dingtalkVerdict({ status, body }: ReceiverAnswer): AttemptVerdict | null {
  const result = verdict.parseJsonBodyEvenIfWrappedIgnoringCase(Body, body);
  if (result === undefined) return null;
  const { errcode: code, errmsg: text } = result;
  return verdictOfResultCodeOrText(
    status,
    { code, text },
    {
      "-1": verdict.retryOnSchedule("receiver_busy"),
      60020: verdict.rejected("access_refused"),
      130101: verdict.retryThrottledWithoutSpendingAttempt(BLOCKED_SECONDS),
      410100: verdict.retryThrottledWithoutSpendingAttempt(BLOCKED_SECONDS),
      300001: verdict.gone(),
      300005: verdict.gone(),
      400013: verdict.gone(),
      400101: verdict.gone(),
      400102: verdict.gone("target_disabled"),
      400106: verdict.gone(),
      310000: securityVerdict(text),
    },
  );
}

/**
 * Returns the verdict for the error code 310000, which means that the request violates a security setting of the
 * DingTalk robot. Only the error text names the setting, in English or Chinese.
 */
function securityVerdict(text: string): AttemptVerdict {
  if (/invalid timestamp|timestamp (is )?(invalid|无效)|过期/i.test(text))
    return verdict.retryOnSchedule("stale_timestamp");
  if (/keyword|关键词/i.test(text)) return verdict.rejected("keyword_missing");
  return verdict.rejected(/sign|签名/i.test(text) ? "signature_refused" : "access_refused");
}
