import * as z from "zod/mini";
import { createJsonRequest, encodeJsonBody } from "../channel.ts";
import { createChatChannel, robotFields } from "../chat/chat-channel.ts";
import { formatFeishuMessage, formatPlainFeishuMessage } from "./message.ts";
import { signFeishu } from "./signature.ts";
import { feishuVerdict } from "./verdict.ts";

/** https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot */
const MAX_BODY_BYTES = 20_000;
/**
 * The number of bytes that are reserved for the fields `timestamp` and `sign`. These fields are added when the message
 * is sent.
 */
const SIGNATURE_BYTES = 200;

/**
 * The channel for a custom bot of Feishu (Lark). The config field `mention` is an `open_id`, `all` or a whole `<at>`
 * tag.
 */
export const feishuChannel = createChatChannel({
  target: z.strictObject({ kind: z.literal("feishu"), ...robotFields }),
  rateLimit: { messages: 100, windowMs: 60_000 },
  render: formatFeishuMessage,
  renderPlain: formatPlainFeishuMessage,
  isWithinLimits: (payload) => encodeJsonBody(payload).length <= MAX_BODY_BYTES - SIGNATURE_BYTES,
  /** If the target has a secret, the fields `timestamp` and `sign` are added to the body of the request. */
  buildRequest({ url, secret }, payload, { now }) {
    const signature = secret === undefined ? null : signFeishu(secret.reveal(), now);
    return createJsonRequest(url, { ...signature, ...payload });
  },
  ownVerdictOf: feishuVerdict,
});
