import * as z from "zod/mini";
import type { Instant } from "../../domain/job.ts";
import * as verdict from "../attempt-verdict.ts";
import type { AttemptVerdict, ReceiverAnswer } from "../channel.ts";

/** WeCom accepts 20 messages in one minute, so it accepts the next one after a minute at the latest. */
const RATE_WINDOW_SECONDS = 60;

const Body = z.object({ errcode: z.int() });

const VERDICTS: Readonly<Record<number, AttemptVerdict>> = {
  "-1": verdict.retry("receiver_busy"),
  45009: verdict.throttled(RATE_WINDOW_SECONDS),
  93000: verdict.gone,
};

/**
 * The verdict on an answer of a WeCom group robot. `errcode` decides.
 * https://developer.work.weixin.qq.com/document/path/90313
 */
export function wecomVerdict(answer: ReceiverAnswer, now: Instant): AttemptVerdict {
  const code = verdict.parseBody(Body, answer.body)?.errcode;
  return verdict.statusVerdict(answer, now) ?? verdict.codeVerdict(answer, code, VERDICTS);
}
