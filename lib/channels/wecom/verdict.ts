import * as z from "zod/mini";
import type { Instant } from "../../domain/job.ts";
import {
  type AttemptVerdict,
  delivered,
  gone,
  isSuccess,
  parseBody,
  type ReceiverAnswer,
  rejected,
  retry,
  statusVerdict,
  throttled,
} from "../attempt-verdict.ts";

/** WeCom accepts 20 messages in one minute, so it accepts the next one after a minute at the latest. */
const RATE_WINDOW_SECONDS = 60;

const Body = z.object({ errcode: z.int() });

/**
 * The verdict on an answer of a WeCom group robot. The status is 200 for success and failure; `errcode` decides.
 * https://developer.work.weixin.qq.com/document/path/90313
 */
export function wecomVerdict(answer: ReceiverAnswer, now: Instant): AttemptVerdict {
  const general = statusVerdict(answer, now);
  if (general !== null) return general;
  switch (parseBody(Body, answer.body)?.errcode) {
    case undefined:
      return isSuccess(answer.status) ? retry("unreadable_answer") : rejected("payload_refused");
    case 0:
      return isSuccess(answer.status) ? delivered() : rejected("payload_refused");
    case -1:
      return retry("receiver_busy");
    case 45009:
      return throttled(RATE_WINDOW_SECONDS);
    case 93000:
      return gone;
    default:
      return rejected("payload_refused");
  }
}
