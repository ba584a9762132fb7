import { createHmac } from "node:crypto";
import type { Instant } from "../../domain/job.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { Secret } from "../../domain/secret.ts";
import { type AttemptIdentity, jsonRequest, type OutboundRequest } from "../channel.ts";
import type { WebhookTarget } from "./target.ts";

/** Builds the request of one attempt, with the operator's headers. The signature covers the bytes that are sent. */
export function webhookRequest(
  target: WebhookTarget,
  payload: JsonObject,
  { webhookId, now }: AttemptIdentity,
): OutboundRequest {
  const headers = Object.entries(target.headers).map(([name, value]) => [name.toLowerCase(), value.reveal()]);
  const request = jsonRequest(target.url, payload, Object.fromEntries(headers));
  const signature = signWebhook({ id: webhookId, now, body: request.body, secrets: target.secrets });
  return { ...request, headers: { ...request.headers, ...signature } };
}

/**
 * Returns the headers of Standard Webhooks, version 1: HMAC-SHA256 over `id.timestamp.body`, one signature per secret.
 * With two secrets a receiver can change its secret without losing an event. Without a secret there is no signature.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function signWebhook(event: {
  readonly id: string;
  readonly now: Instant;
  readonly body: Buffer;
  readonly secrets: readonly Secret[];
}): Record<string, string> {
  const timestamp = String(Math.floor(event.now / 1000));
  const signatures = event.secrets.map((secret) => {
    const key = Buffer.from(withoutPrefix(secret), "base64");
    const mac = createHmac("sha256", key).update(`${event.id}.${timestamp}.`).update(event.body);
    return `v1,${mac.digest("base64")}`;
  });
  return {
    "webhook-id": event.id,
    "webhook-timestamp": timestamp,
    ...(signatures.length === 0 ? {} : { "webhook-signature": signatures.join(" ") }),
  };
}

const withoutPrefix = (secret: Secret): string => secret.reveal().replace(/^whsec_/, "");

/** A shorter header value is a flag. It would mask ordinary text. */
const MIN_SECRET_CHARACTERS = 4;

/** Returns the signing secrets, and the header values with their single words: `Bearer abcd` and `abcd`. */
export function webhookSecrets({ secrets, headers }: WebhookTarget): readonly string[] {
  const values = Object.values(headers).map((value) => value.reveal().trim());
  return [
    ...secrets.flatMap((secret) => [secret.reveal(), withoutPrefix(secret)]),
    ...values
      .flatMap((value) => [value, ...value.split(/\s+/)])
      .filter((text) => text.length >= MIN_SECRET_CHARACTERS),
  ];
}
