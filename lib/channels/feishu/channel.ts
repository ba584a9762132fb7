import * as z from "zod/mini";
import { NumberOrMissing, TextOrEmpty } from "../../domain/zod-fields.ts";
import * as verdict from "../attempt-verdict.ts";
import { verdictOfResultCodeOrText } from "../attempt-verdict.ts";
import { type AttemptVerdict, createJsonPostRequest, type ReceiverAnswer } from "../channel.ts";
import { createChatChannel, robotFields } from "../chat/chat-channel.ts";
import { formatFeishuMessage, formatPlainFeishuMessage, isFeishuMessageWithinLimits } from "./message.ts";
import { createFeishuSignature } from "./signature.ts";

/**
 * The channel for a custom bot of Feishu (Lark). In the config of a Feishu target, `mention` is an `open_id`, `all` or
 * a whole `<at>` tag.
 */
export const feishuChannel = createChatChannel({
  target: z.lazy(() => z.strictObject({ kind: z.literal("feishu"), ...robotFields })),
  rateLimit: { messages: 100, windowMs: 60_000 },
  render: formatFeishuMessage,
  renderPlain: formatPlainFeishuMessage,
  isWithinLimits: isFeishuMessageWithinLimits,
  /** If the target has a secret, the function adds `timestamp` and `sign` to the body. */
  buildRequest({ url, secret }, payload, { now }) {
    const signature = secret === undefined ? null : createFeishuSignature(secret.reveal(), now);
    return createJsonPostRequest(url, { ...signature, ...payload });
  },
  ownVerdictOf: feishuVerdict,
});

/**
 * The response body of Feishu. Older Feishu bots send the result code in `StatusCode`. If a response contains both
 * `code` and `StatusCode`, the service uses `code`.
 */
const Body = z.lazy(() =>
  z.object({
    code: NumberOrMissing,
    msg: TextOrEmpty,
    statuscode: NumberOrMissing,
    statusmessage: TextOrEmpty,
  }),
);

/**
 * Returns the verdict for the result code in a response of Feishu. If the response is not from Feishu, the result is
 * null. https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
 */
function feishuVerdict({ status, body }: ReceiverAnswer): AttemptVerdict | null {
  const result = verdict.parseJsonBodyIgnoringCase(Body, body);
  if (result === undefined) return null;
  const code = result.code ?? result.statuscode;
  const text = `${result.msg} ${result.statusmessage}`;
  const byText = verdict.rejectedUnlessTextSaysTemporary(text);
  return verdictOfResultCodeOrText(
    status,
    { code, text },
    {
      // Feishu uses the code 2200 for two errors: an internal error, and a sender that exceeded a rate limit.
      2200: byText.reason === "receiver_busy" ? byText : verdict.retryThrottledWithoutSpendingAttempt(null),
      // Feishu uses the code 9499 for two errors: an unreadable message, and a sender that exceeded a rate limit.
      9499: /too\s+many/i.test(text) ? verdict.retryThrottledWithoutSpendingAttempt(null) : undefined,
      11232: verdict.retryThrottledWithoutSpendingAttempt(null),
      19001: verdict.gone(),
      19021: verdict.rejected("signature_refused"),
      19022: verdict.rejected("access_refused"),
      19024: verdict.rejected("keyword_missing"),
      99991400: verdict.retryThrottledWithoutSpendingAttempt(null),
    },
  );
}
