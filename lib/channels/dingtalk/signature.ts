import { createHmac } from "node:crypto";
import type { Instant } from "../../domain/job.ts";
import { type Channel, jsonRequest } from "../channel.ts";
import type { DingtalkTarget } from "./target.ts";

/** Builds the request of one attempt. With a secret, the query also has the parameters `timestamp` and `sign`. */
export const dingtalkRequest: Channel<DingtalkTarget>["buildRequest"] = (target, payload, { now }) => {
  const { url, headers, body } = jsonRequest(target, payload);
  if (target.secret === undefined) return { url, headers, body };
  const separator = url.includes("?") ? "&" : "?";
  return { url: url + separator + signDingtalk(target.secret.reveal(), now), headers, body };
};

/**
 * Signs for a DingTalk robot. Returns the query parameters `timestamp`, in milliseconds, and `sign`.
 * https://open.dingtalk.com/document/orgapp/customize-robot-security-settings
 */
export function signDingtalk(secret: string, now: Instant): string {
  const sign = createHmac("sha256", secret).update(`${now}\n${secret}`).digest("base64");
  return `timestamp=${now}&sign=${encodeURIComponent(sign)}`;
}
