import * as z from "zod/mini";
import type { Instant } from "../../domain/job.ts";
import { readJson } from "../read-json.ts";
import type { Judgement } from "../reasons.ts";
import { type Answer, isSuccess, judgeStatus } from "../status-verdict.ts";
import { again, delivered, rejected, throttled } from "../verdicts.ts";

/** Whoever sends more than 20 messages in a minute is shut out for ten. */
const SHUT_OUT_SECONDS = 600;

const Body = z.object({ errcode: z.int(), errmsg: z._default(z.string(), "") });

/**
 * Judges the answer of a DingTalk custom robot: HTTP says 200 either way, `errcode` says which; 310000 is every
 * fault of the robot's security settings, told apart by its text alone.
 * https://open.dingtalk.com/document/orgapp/custom-bot-send-message-type
 */
export function judgeDingtalk(answer: Answer, now: Instant): Judgement {
  const general = judgeStatus(answer, now);
  if (general !== null) return general;
  const body = Body.safeParse(readJson(answer.body)).data;
  switch (body?.errcode) {
    case undefined:
      return isSuccess(answer.status) ? again("unreadable_answer") : rejected("payload_refused");
    case 0:
      return isSuccess(answer.status) ? delivered() : rejected("payload_refused");
    case -1:
      return again("receiver_busy");
    case 130101:
    case 410100:
      return throttled(SHUT_OUT_SECONDS);
    case 310000:
      return securityFault(body?.errmsg ?? "");
    default:
      return rejected("payload_refused");
  }
}

function securityFault(text: string): Judgement {
  if (/invalid timestamp/i.test(text)) return again("stale_timestamp");
  return rejected(/sign/i.test(text) ? "signature_refused" : "access_refused");
}
