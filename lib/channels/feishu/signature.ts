import { createHmac } from "node:crypto";
import type { Instant } from "../../domain/job.ts";
import type { JsonObject } from "../../domain/json.ts";
import { type AttemptIdentity, jsonRequest, type OutboundRequest } from "../channel.ts";
import type { FeishuTarget } from "./target.ts";

/** Builds the request of one attempt. A bot that checks signatures finds two more fields in the body. */
export function feishuRequest(
  target: FeishuTarget,
  payload: JsonObject,
  { now }: AttemptIdentity,
): OutboundRequest {
  if (target.secret === undefined) return jsonRequest(target, payload);
  const { timestamp, sign } = signFeishu(target.secret.reveal(), now);
  return jsonRequest(target, { timestamp, sign, ...payload });
}

/**
 * Signs for a Feishu (Lark) bot. The key is the timestamp in seconds and the secret; the signed message is empty.
 * https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
 */
export function signFeishu(secret: string, now: Instant): { timestamp: string; sign: string } {
  const timestamp = String(Math.floor(now / 1000));
  return { timestamp, sign: createHmac("sha256", `${timestamp}\n${secret}`).update("").digest("base64") };
}
