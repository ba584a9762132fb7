import * as z from "zod/mini";
import { createJsonRequest, encodeJsonBody } from "../channel.ts";
import { createChatChannel, robotFields } from "../chat/chat-channel.ts";
import { formatDingtalkMessage, formatPlainDingtalkMessage } from "./message.ts";
import { createSignatureQuery } from "./signature.ts";
import { dingtalkVerdict } from "./verdict.ts";

/** https://open.dingtalk.com/document/orgapp/custom-robots-send-group-messages */
const MAX_BODY_BYTES = 20_000;

/** The channel for a custom robot of DingTalk. The config field `mention` is a mobile number, a user ID or `all`. */
export const dingtalkChannel = createChatChannel({
  target: z.strictObject({ kind: z.literal("dingtalk"), ...robotFields }),
  rateLimit: { messages: 20, windowMs: 60_000 },
  render: formatDingtalkMessage,
  renderPlain: formatPlainDingtalkMessage,
  isWithinLimits: (payload) => encodeJsonBody(payload).length <= MAX_BODY_BYTES,
  /** If the target has a secret, the query parameters `timestamp` and `sign` are added to the URL. */
  buildRequest({ url, secret }, payload, { now }) {
    const request = createJsonRequest(url, payload);
    if (secret === undefined) return request;
    const separator = request.url.includes("?") ? "&" : "?";
    return { ...request, url: request.url + separator + createSignatureQuery(secret.reveal(), now) };
  },
  ownVerdictOf: dingtalkVerdict,
});
