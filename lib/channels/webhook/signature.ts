import { createHmac } from "node:crypto";
import type { Instant } from "../../domain/job.ts";
import type { Secret } from "../../domain/secret.ts";

/**
 * The headers of Standard Webhooks, version 1: HMAC-SHA256 over `id.timestamp.body` with the bytes behind
 * `whsec_`, one signature per secret, so that a receiver can change its secret without missing an event.
 * Without secrets there is no signature. https://www.standardwebhooks.com
 */
export function signWebhook(event: {
  readonly id: string;
  readonly now: Instant;
  readonly body: Buffer;
  readonly secrets: readonly Secret[];
}): Record<string, string> {
  const timestamp = String(Math.floor(event.now / 1000));
  const signatures = event.secrets.map((secret) => {
    const key = Buffer.from(secret.reveal().replace(/^whsec_/, ""), "base64");
    const mac = createHmac("sha256", key).update(`${event.id}.${timestamp}.`).update(event.body);
    return `v1,${mac.digest("base64")}`;
  });
  return {
    "webhook-id": event.id,
    "webhook-timestamp": timestamp,
    ...(signatures.length === 0 ? {} : { "webhook-signature": signatures.join(" ") }),
  };
}
