import * as z from "zod/mini";
import type { Instant } from "../../domain/job.ts";
import {
  type AttemptVerdict,
  delivered,
  isSuccess,
  parseBody,
  type ReceiverAnswer,
  rejected,
  retry,
  statusVerdict,
  throttled,
} from "../attempt-verdict.ts";

/** DingTalk blocks a robot for ten minutes after more than 20 messages in one minute. */
const BLOCKED_SECONDS = 600;

const Body = z.object({ errcode: z.int(), errmsg: z._default(z.string(), "") });

/**
 * The verdict on an answer of a DingTalk custom robot. The status is 200 for success and failure; `errcode` decides.
 * https://open.dingtalk.com/document/orgapp/custom-bot-send-message-type
 */
export function dingtalkVerdict(answer: ReceiverAnswer, now: Instant): AttemptVerdict {
  const general = statusVerdict(answer, now);
  if (general !== null) return general;
  const body = parseBody(Body, answer.body);
  switch (body?.errcode) {
    case undefined:
      return isSuccess(answer.status) ? retry("unreadable_answer") : rejected("payload_refused");
    case 0:
      return isSuccess(answer.status) ? delivered() : rejected("payload_refused");
    case -1:
      return retry("receiver_busy");
    case 130101:
    case 410100:
      return throttled(BLOCKED_SECONDS);
    case 310000:
      return securityVerdict(body?.errmsg ?? "");
    default:
      return rejected("payload_refused");
  }
}

/** 310000 stands for every check of the robot's security settings. Only the message names the check. */
function securityVerdict(message: string): AttemptVerdict {
  if (/invalid timestamp/i.test(message)) return retry("stale_timestamp");
  return rejected(/sign/i.test(message) ? "signature_refused" : "access_refused");
}
