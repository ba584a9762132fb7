import * as z from "zod/mini";
import { TextOrEmpty } from "../../domain/zod-fields.ts";
import * as verdict from "../attempt-verdict.ts";
import type { AttemptVerdict, ReceiverAnswer } from "../channel.ts";
import { type ResultCode, verdictOfResultCode } from "../chat-verdict.ts";

const Code = z.pipe(
  z.optional(z.unknown()),
  z.transform((value) => (typeof value === "number" && Number.isSafeInteger(value) ? value : undefined)),
);
/**
 * Older bots send the result code in the field `StatusCode`. Some bots send both fields, `StatusCode` and `code`, and
 * then the field `code` counts.
 */
const Body = z.object({ code: Code, msg: TextOrEmpty, StatusCode: Code, StatusMessage: TextOrEmpty });

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
  const parsed = verdict.parseJsonBody(Body, body);
  const code = parsed?.code ?? parsed?.StatusCode;
  return code === undefined ? undefined : { code, text: `${parsed?.msg} ${parsed?.StatusMessage}` };
}
