import * as z from "zod/mini";
import { encodeJsonBody } from "../channel.ts";
import { chatFields, createChatChannel } from "../chat/chat-channel.ts";
import { createMarkdownPayload, formatPlainWecomMessage, formatWecomMessage } from "./message.ts";
import { RATE_WINDOW_SECONDS, wecomVerdict } from "./verdict.ts";

/** https://developer.work.weixin.qq.com/document/path/91770 */
const MAX_CONTENT_BYTES = 4_096;
const EMPTY_BODY_BYTES = encodeJsonBody(createMarkdownPayload("")).length;

/** The channel for a group robot of WeCom. The config field `mention` is a user ID or a whole `<@…>` tag. */
export const wecomChannel = createChatChannel({
  target: z.strictObject({ kind: z.literal("wecom"), ...chatFields }),
  rateLimit: { messages: 20, windowMs: RATE_WINDOW_SECONDS * 1000 },
  render: formatWecomMessage,
  renderPlain: formatPlainWecomMessage,
  isWithinLimits: (payload) => encodeJsonBody(payload).length - EMPTY_BODY_BYTES <= MAX_CONTENT_BYTES,
  ownVerdictOf: wecomVerdict,
});
