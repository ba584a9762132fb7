import { createHmac } from "node:crypto";
import type { Instant } from "../../domain/job.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { Secret } from "../../domain/secret.ts";
import { type AttemptIdentity, jsonRequest, type OutboundRequest } from "../channel.ts";

/** Builds the request of one attempt. With a secret, the body also has the fields `timestamp` and `sign`. */
export function feishuRequest(
  { url, secret }: { readonly url: Secret; readonly secret?: Secret | undefined },
  payload: JsonObject,
  { now }: AttemptIdentity,
): OutboundRequest {
  const signature = secret === undefined ? null : signFeishu(secret.reveal(), now);
  return jsonRequest(url, { ...signature, ...payload });
}

/**
 * Signs for a Feishu (Lark) bot. The key is the timestamp in seconds and the secret; the signed message is empty.
 * https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
 */
export function signFeishu(secret: string, now: Instant): { timestamp: string; sign: string } {
  const timestamp = String(Math.floor(now / 1000));
  return { timestamp, sign: createHmac("sha256", `${timestamp}\n${secret}`).update("").digest("base64") };
}
