import * as z from "zod/mini";
import * as verdict from "../attempt-verdict.ts";
import { encodeJsonBody } from "../channel.ts";
import { chatFields, createChatChannel } from "../chat/chat-channel.ts";
import { createMarkdownPayload, formatWecomMessage } from "./message.ts";

/** https://developer.work.weixin.qq.com/document/path/91770 */
const MAX_CONTENT_BYTES = 4_096;
const EMPTY_BODY_BYTES = encodeJsonBody(createMarkdownPayload("")).length;
/**
 * The wait after WeCom refused a message because of its rate limit. WeCom accepts 20 messages in one minute, so WeCom
 * accepts the next message after one minute at the latest.
 */
const RATE_WINDOW_SECONDS = 60;

const Body = z.object({ errcode: z.int() });

/** The channel for a group robot of WeCom. The config field `mention` is a user ID or a whole `<@…>` tag. */
export const wecomChannel = createChatChannel({
  target: z.strictObject({ kind: z.literal("wecom"), ...chatFields }),
  rateLimit: { messages: 20, windowMs: RATE_WINDOW_SECONDS * 1000 },
  render: formatWecomMessage,
  isWithinLimits: (payload) => encodeJsonBody(payload).length - EMPTY_BODY_BYTES <= MAX_CONTENT_BYTES,
  /**
   * The field `errcode` of WeCom's response determines the verdict.
   * https://developer.work.weixin.qq.com/document/path/90313
   */
  verdictOf: (answer, now) =>
    verdict.verdictOfAnswerCode(answer, now, verdict.parseJsonBody(Body, answer.body)?.errcode, {
      "-1": verdict.retry("receiver_busy"),
      45009: verdict.throttled(RATE_WINDOW_SECONDS),
      93000: verdict.gone,
    }),
});
