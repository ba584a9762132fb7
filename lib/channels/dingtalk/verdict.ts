import * as z from "zod/mini";
import { TextOrEmpty } from "../../domain/zod-fields.ts";
import * as verdict from "../attempt-verdict.ts";
import type { AttemptVerdict, ReceiverAnswer } from "../channel.ts";
import { verdictOfResultCode } from "../chat-verdict.ts";

/** DingTalk blocks a robot for ten minutes after more than 20 messages in one minute. */
const BLOCKED_SECONDS = 600;

const Body = z.object({ errcode: z.int(), errmsg: TextOrEmpty });

/**
 * Returns the verdict by the fields `errcode` and `errmsg` of DingTalk's response. Returns null if the response is not
 * from DingTalk. A code that is not listed here refuses the message. For example, 430101 refuses a link in the message.
 * https://open.dingtalk.com/document/orgapp/custom-bot-send-message-type
 */
export function dingtalkVerdict({ status, body }: ReceiverAnswer): AttemptVerdict | null {
  const result = verdict.parseJsonBody(Body, body);
  if (result === undefined) return null;
  const { errcode: code, errmsg: text } = result;
  return verdictOfResultCode(
    status,
    { code, text },
    {
      "-1": verdict.retry("receiver_busy"),
      130101: verdict.throttled(BLOCKED_SECONDS),
      410100: verdict.throttled(BLOCKED_SECONDS),
      300001: verdict.gone(),
      300005: verdict.gone(),
      310000: securityVerdict(text),
    },
  );
}

/**
 * Returns the verdict for a request that does not match the security settings of the robot. Only the text of the
 * response names the security setting, in English or in Chinese.
 */
function securityVerdict(text: string): AttemptVerdict {
  if (/invalid timestamp|过期/i.test(text)) return verdict.retry("stale_timestamp");
  if (/keyword|关键词/i.test(text)) return verdict.rejected("keyword_missing");
  return verdict.rejected(/sign|签名/i.test(text) ? "signature_refused" : "access_refused");
}
