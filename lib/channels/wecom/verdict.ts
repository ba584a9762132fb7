import * as z from "zod/mini";
import type { Instant } from "../../domain/job.ts";
import { readJson } from "../read-json.ts";
import type { Judgement } from "../reasons.ts";
import { type Answer, isSuccess, judgeStatus } from "../status-verdict.ts";
import { again, delivered, gone, rejected, throttled } from "../verdicts.ts";

/** The limit is 20 messages in a minute, so after a minute there is room again. */
const LIMIT_WINDOW_SECONDS = 60;

const Body = z.object({ errcode: z.int() });

/**
 * Judges the answer of a WeCom group robot: HTTP says 200 either way, `errcode` says which.
 * https://developer.work.weixin.qq.com/document/path/90313
 */
export function judgeWecom(answer: Answer, now: Instant): Judgement {
  const general = judgeStatus(answer, now);
  if (general !== null) return general;
  switch (Body.safeParse(readJson(answer.body)).data?.errcode) {
    case undefined:
      return isSuccess(answer.status) ? again("unreadable_answer") : rejected("payload_refused");
    case 0:
      return isSuccess(answer.status) ? delivered() : rejected("payload_refused");
    case -1:
      return again("receiver_busy");
    case 45009:
      return throttled(LIMIT_WINDOW_SECONDS);
    case 93000:
      return gone;
    default:
      return rejected("payload_refused");
  }
}
