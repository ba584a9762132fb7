import { createHmac } from "node:crypto";
import type { Instant } from "../../domain/job.ts";
import type { JsonObject } from "../../domain/json.ts";
import { type AttemptIdentity, jsonRequest, type OutboundRequest } from "../channel.ts";
import type { DingtalkTarget } from "./target.ts";

/** Builds the request of one attempt. A robot that checks signatures finds two more parameters in the query. */
export function dingtalkRequest(
  target: DingtalkTarget,
  payload: JsonObject,
  { now }: AttemptIdentity,
): OutboundRequest {
  const { url, headers, body } = jsonRequest(target, payload);
  if (target.secret === undefined) return { url, headers, body };
  const separator = url.includes("?") ? "&" : "?";
  return { url: url + separator + signDingtalk(target.secret.reveal(), now), headers, body };
}

/**
 * Signs for a DingTalk robot. Returns the query parameters `timestamp` and `sign`.
 * https://open.dingtalk.com/document/orgapp/customize-robot-security-settings
 */
export function signDingtalk(secret: string, now: Instant): string {
  const sign = createHmac("sha256", secret).update(`${now}\n${secret}`).digest("base64");
  return `timestamp=${now}&sign=${encodeURIComponent(sign)}`;
}
