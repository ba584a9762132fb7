import * as z from "zod/mini";
import * as verdict from "../attempt-verdict.ts";
import type { AttemptVerdict, ReceiverAnswer } from "../channel.ts";
import { type ResultCode, verdictOfResultCode } from "../chat-verdict.ts";

const NewBody = z.object({ code: z.int(), msg: z.catch(z.string(), "") });
/**
 * The result code in a response of Feishu. Older bots send the result code in the field `StatusCode`. Some bots send
 * both fields, `StatusCode` and `code`.
 */
const OldBody = z.object({ StatusCode: z.int(), StatusMessage: z.catch(z.string(), "") });

/**
 * Returns the verdict by the result code in the body of Feishu's response. Returns null if the response is not from
 * Feishu. A code that is not listed here refuses the message.
 * https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
 */
export function feishuVerdict({ status, body }: ReceiverAnswer): AttemptVerdict | null {
  const result = resultOf(body);
  return verdictOfResultCode(status, result, {
    2200: verdict.throttled(null),
    // Feishu uses 9499 for a message that it cannot read and for a sender that exceeded a rate limit.
    9499: /too many/i.test(result?.text ?? "")
      ? verdict.throttled(null)
      : verdict.rejected("payload_refused"),
    11232: verdict.throttled(null),
    19001: verdict.gone(),
    19021: verdict.rejected("signature_refused"),
    19022: verdict.rejected("access_refused"),
    19024: verdict.rejected("keyword_missing"),
    99991400: verdict.throttled(null),
  });
}

function resultOf(body: string): ResultCode | undefined {
  const newBody = verdict.parseJsonBody(NewBody, body);
  if (newBody !== undefined) return { code: newBody.code, text: newBody.msg };
  const oldBody = verdict.parseJsonBody(OldBody, body);
  return oldBody && { code: oldBody.StatusCode, text: oldBody.StatusMessage };
}
