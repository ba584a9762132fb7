import * as z from "zod/mini";
import * as verdict from "../attempt-verdict.ts";
import { createJsonRequest, encodeJsonBody } from "../channel.ts";
import { createChatChannel, signedChatFields } from "../chat/chat-channel.ts";
import { formatFeishuMessage } from "./message.ts";
import { signFeishu } from "./signature.ts";

/** https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot */
const MAX_BODY_BYTES = 20_000;
/**
 * The number of bytes that are reserved for the fields `timestamp` and `sign`. These fields are added when the message
 * is sent.
 */
const SIGNATURE_BYTES = 200;

const NewBody = z.object({ code: z.int() });
/**
 * The result code in a response of Feishu. Older bots send the result code in the field `StatusCode`. Some bots send
 * both fields, `StatusCode` and `code`.
 */
const OldBody = z.object({ StatusCode: z.int() });

/**
 * The channel for a custom bot of Feishu (Lark). The config field `mention` is an `open_id`, `all` or a whole `<at>`
 * tag.
 */
export const feishuChannel = createChatChannel({
  target: z.strictObject({ kind: z.literal("feishu"), ...signedChatFields }),
  rateLimit: { messages: 100, windowMs: 60_000 },
  render: formatFeishuMessage,
  isWithinLimits: (payload) => encodeJsonBody(payload).length <= MAX_BODY_BYTES - SIGNATURE_BYTES,
  /** If the target has a secret, the fields `timestamp` and `sign` are added to the body of the request. */
  buildRequest({ url, secret }, payload, { now }) {
    const signature = secret === undefined ? null : signFeishu(secret.reveal(), now);
    return createJsonRequest(url, { ...signature, ...payload });
  },
  /** The result code in the body of Feishu's response determines the verdict. */
  verdictOf(answer, now) {
    const { body } = answer;
    const code =
      verdict.parseJsonBody(NewBody, body)?.code ?? verdict.parseJsonBody(OldBody, body)?.StatusCode;
    return verdict.verdictOfAnswerCode(answer, now, code, {
      11232: verdict.throttled(null),
      19001: verdict.gone,
      19021: verdict.rejected("signature_refused"),
      19022: verdict.rejected("access_refused"),
    });
  },
});
