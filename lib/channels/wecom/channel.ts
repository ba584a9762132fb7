import * as z from "zod/mini";
import { NumberOrMissing, TextOrEmpty } from "../../domain/zod-fields.ts";
import * as verdict from "../attempt-verdict.ts";
import { verdictOfResultCodeOrText } from "../attempt-verdict.ts";
import type { AttemptVerdict, ReceiverAnswer } from "../channel.ts";
import { chatFields, createChatChannel } from "../chat/chat-channel.ts";
import { formatPlainWecomMessage, formatWecomMessage, isWecomMessageWithinLimits } from "./message.ts";

/**
 * WeCom accepts at most 20 messages per minute from one robot. After WeCom has refused a message, WeCom accepts
 * messages again within a minute.
 */
const RATE_WINDOW_SECONDS = 60;

/**
 * The channel for a group robot of WeCom. In the config of a WeCom target, `mention` is a user ID or a tag such as
 * `<@mara>`.
 */
export const wecomChannel = createChatChannel({
  target: z.lazy(() => z.strictObject({ kind: z.literal("wecom"), ...chatFields })),
  rateLimit: { messages: 20, windowMs: RATE_WINDOW_SECONDS * 1000 },
  render: formatWecomMessage,
  renderPlain: formatPlainWecomMessage,
  isWithinLimits: isWecomMessageWithinLimits,
  ownVerdictOf: wecomVerdict,
});

const Body = z.lazy(() => z.object({ errcode: NumberOrMissing, errmsg: TextOrEmpty }));

/**
 * Returns the verdict for the field `errcode` in a response of WeCom. If the response is not from WeCom, the result is
 * null. https://developer.work.weixin.qq.com/document/path/90313
 */
function wecomVerdict({ status, body }: ReceiverAnswer): AttemptVerdict | null {
  const result = verdict.parseJsonBodyEvenIfWrappedIgnoringCase(Body, body);
  if (result === undefined) return null;
  return verdictOfResultCodeOrText(
    status,
    { code: result.errcode, text: result.errmsg },
    {
      "-1": verdict.retryOnSchedule("receiver_busy"),
      45009: verdict.retryThrottledWithoutSpendingAttempt(RATE_WINDOW_SECONDS),
      45033: verdict.retryThrottledWithoutSpendingAttempt(RATE_WINDOW_SECONDS),
      60020: verdict.rejected("access_refused"),
      93000: verdict.gone(),
      93004: verdict.gone("target_disabled"),
      93008: verdict.gone(),
    },
  );
}
