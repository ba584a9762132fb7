import * as z from "zod/mini";
import type { Instant } from "../../domain/job.ts";
import * as verdict from "../attempt-verdict.ts";
import type { AttemptVerdict, ReceiverAnswer } from "../channel.ts";

/** DingTalk blocks a robot for ten minutes after more than 20 messages in one minute. */
const BLOCKED_SECONDS = 600;

const Body = z.object({ errcode: z.int(), errmsg: z._default(z.string(), "") });

const VERDICTS: Readonly<Record<number, AttemptVerdict>> = {
  "-1": verdict.retry("receiver_busy"),
  130101: verdict.throttled(BLOCKED_SECONDS),
  410100: verdict.throttled(BLOCKED_SECONDS),
};

/** A failed check of the robot's security settings. Only the message names the check. */
const SECURITY_CODE = 310000;

/**
 * The verdict on an answer of a DingTalk custom robot. `errcode` decides.
 * https://open.dingtalk.com/document/orgapp/custom-bot-send-message-type
 */
export function dingtalkVerdict(answer: ReceiverAnswer, now: Instant): AttemptVerdict {
  const general = verdict.statusVerdict(answer, now);
  if (general !== null) return general;
  const body = verdict.parseBody(Body, answer.body);
  return body?.errcode === SECURITY_CODE
    ? securityVerdict(body.errmsg)
    : verdict.codeVerdict(answer, body?.errcode, VERDICTS);
}

function securityVerdict(message: string): AttemptVerdict {
  if (/invalid timestamp/i.test(message)) return verdict.retry("stale_timestamp");
  return verdict.rejected(/sign/i.test(message) ? "signature_refused" : "access_refused");
}
