import { createHmac } from "node:crypto";
import type { Instant } from "../../domain/job.ts";

/**
 * The query a DingTalk robot with a signature check wants behind its URL, without `?` or `&`.
 * https://open.dingtalk.com/document/orgapp/customize-robot-security-settings
 */
export function signDingtalk(secret: string, now: Instant): string {
  const sign = createHmac("sha256", secret).update(`${now}\n${secret}`).digest("base64");
  return `timestamp=${now}&sign=${encodeURIComponent(sign)}`;
}
