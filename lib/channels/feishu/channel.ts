import * as z from "zod/mini";
import * as verdict from "../attempt-verdict.ts";
import { createJsonRequest, encodeJsonBody } from "../channel.ts";
import { createChatChannel, signedChatFields } from "../chat/chat-channel.ts";
import { formatFeishuMessage } from "./message.ts";
import { signFeishu } from "./signature.ts";

/** https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot */
const MAX_BODY_BYTES = 20_000;
/** The reserved size of the fields `timestamp` and `sign`, which are added when the message is sent. */
const SIGNATURE_BYTES = 200;

const NewBody = z.object({ code: z.int() });
/** Older bots answer with `StatusCode`. Some bots answer with `StatusCode` and `code`. */
const OldBody = z.object({ StatusCode: z.int() });

/** The channel for a custom bot of Feishu (Lark). `mention` is an `open_id`, `all` or a whole `<at>` tag. */
export const feishuChannel = createChatChannel({
  target: z.strictObject({ kind: z.literal("feishu"), ...signedChatFields }),
  rateLimit: { messages: 100, windowMs: 60_000 },
  render: formatFeishuMessage,
  isWithinLimits: (payload) => encodeJsonBody(payload).length <= MAX_BODY_BYTES - SIGNATURE_BYTES,
  /** If the target has a secret, the body gets the fields `timestamp` and `sign`. */
  buildRequest({ url, secret }, payload, { now }) {
    const signature = secret === undefined ? null : signFeishu(secret.reveal(), now);
    return createJsonRequest(url, { ...signature, ...payload });
  },
  /** The code in the answer's body determines the verdict. */
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
