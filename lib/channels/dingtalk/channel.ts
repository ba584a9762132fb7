import * as z from "zod/mini";
import * as verdict from "../attempt-verdict.ts";
import { type AttemptVerdict, createJsonRequest, encodeJsonBody } from "../channel.ts";
import { createChatChannel, signedChatFields } from "../chat/chat-channel.ts";
import { formatDingtalkMessage } from "./message.ts";
import { createSignatureQuery } from "./signature.ts";

/** https://open.dingtalk.com/document/orgapp/custom-robots-send-group-messages */
const MAX_BODY_BYTES = 20_000;
/** DingTalk blocks a robot for ten minutes after more than 20 messages in one minute. */
const BLOCKED_SECONDS = 600;

const Body = z.object({ errcode: z.int(), errmsg: z._default(z.string(), "") });

/**
 * The error code that DingTalk sends if a request does not match the security settings of the robot. Only the field
 * `errmsg` of the response names the security setting.
 */
const SECURITY_CODE = 310000;

/** The channel for a custom robot of DingTalk. The config field `mention` is a mobile number, a user ID or `all`. */
export const dingtalkChannel = createChatChannel({
  target: z.strictObject({ kind: z.literal("dingtalk"), ...signedChatFields }),
  rateLimit: { messages: 20, windowMs: 60_000 },
  render: formatDingtalkMessage,
  isWithinLimits: (payload) => encodeJsonBody(payload).length <= MAX_BODY_BYTES,
  /** If the target has a secret, the query parameters `timestamp` and `sign` are added to the URL. */
  buildRequest({ url, secret }, payload, { now }) {
    const request = createJsonRequest(url, payload);
    if (secret === undefined) return request;
    const separator = request.url.includes("?") ? "&" : "?";
    return { ...request, url: request.url + separator + createSignatureQuery(secret.reveal(), now) };
  },
  /**
   * The field `errcode` of DingTalk's response determines the verdict.
   * https://open.dingtalk.com/document/orgapp/custom-bot-send-message-type
   */
  verdictOf(answer, now) {
    const body = verdict.parseJsonBody(Body, answer.body);
    return verdict.verdictOfAnswerCode(answer, now, body?.errcode, {
      "-1": verdict.retry("receiver_busy"),
      130101: verdict.throttled(BLOCKED_SECONDS),
      410100: verdict.throttled(BLOCKED_SECONDS),
      [SECURITY_CODE]: securityVerdict(body?.errmsg ?? ""),
    });
  },
});

function securityVerdict(message: string): AttemptVerdict {
  if (/invalid timestamp/i.test(message)) return verdict.retry("stale_timestamp");
  return verdict.rejected(/sign/i.test(message) ? "signature_refused" : "access_refused");
}
