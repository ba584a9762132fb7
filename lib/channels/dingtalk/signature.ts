import { createHmac } from "node:crypto";
import type { Instant } from "../../domain/job.ts";

/**
 * Creates the signature for a request to a DingTalk robot. Returns the query parameters `timestamp` (milliseconds) and
 * `sign`. https://open.dingtalk.com/document/orgapp/customize-robot-security-settings
 */
export function createDingtalkSignatureQuery(secret: string, now: Instant): string {
  const sign = createHmac("sha256", secret).update(`${now}\n${secret}`).digest("base64");
  return `timestamp=${now}&sign=${encodeURIComponent(sign)}`;
}
