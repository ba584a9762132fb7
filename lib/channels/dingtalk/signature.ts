import { createHmac } from "node:crypto";
import type { Instant } from "../../domain/job.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { Secret } from "../../domain/secret.ts";
import { type AttemptIdentity, jsonRequest, type OutboundRequest } from "../channel.ts";

/** Builds the request of one attempt. With a secret, the query also has the parameters `timestamp` and `sign`. */
export function dingtalkRequest(
  { url, secret }: { readonly url: Secret; readonly secret?: Secret | undefined },
  payload: JsonObject,
  { now }: AttemptIdentity,
): OutboundRequest {
  const request = jsonRequest(url, payload);
  if (secret === undefined) return request;
  const separator = request.url.includes("?") ? "&" : "?";
  return { ...request, url: request.url + separator + signDingtalk(secret.reveal(), now) };
}

/**
 * Signs for a DingTalk robot. Returns the query parameters `timestamp`, in milliseconds, and `sign`.
 * https://open.dingtalk.com/document/orgapp/customize-robot-security-settings
 */
export function signDingtalk(secret: string, now: Instant): string {
  const sign = createHmac("sha256", secret).update(`${now}\n${secret}`).digest("base64");
  return `timestamp=${now}&sign=${encodeURIComponent(sign)}`;
}
