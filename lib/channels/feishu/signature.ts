import { createHmac } from "node:crypto";
import type { Instant } from "../../domain/job.ts";
import { type Channel, jsonRequest } from "../channel.ts";
import type { FeishuTarget } from "./target.ts";

/** Builds the request of one attempt. With a secret, the body also has the fields `timestamp` and `sign`. */
export const feishuRequest: Channel<FeishuTarget>["buildRequest"] = (target, payload, { now }) => {
  const signature = target.secret === undefined ? {} : signFeishu(target.secret.reveal(), now);
  return jsonRequest(target, { ...signature, ...payload });
};

/**
 * Signs for a Feishu (Lark) bot. The key is the timestamp in seconds and the secret; the signed message is empty.
 * https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
 */
export function signFeishu(secret: string, now: Instant): { timestamp: string; sign: string } {
  const timestamp = String(Math.floor(now / 1000));
  return { timestamp, sign: createHmac("sha256", `${timestamp}\n${secret}`).update("").digest("base64") };
}
