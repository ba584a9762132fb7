import { createHmac } from "node:crypto";
import type { Instant } from "../../domain/job.ts";

/**
 * Creates the signature for a request to a Feishu (Lark) bot. The key of the HMAC consists of the timestamp in seconds
 * and the secret. The HMAC signs an empty text. https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
 */
export function createFeishuSignature(secret: string, now: Instant): { timestamp: string; sign: string } {
  const timestamp = String(Math.floor(now / 1000));
  return { timestamp, sign: createHmac("sha256", `${timestamp}\n${secret}`).update("").digest("base64") };
}
