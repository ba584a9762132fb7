import { createHmac } from "node:crypto";
import type { Instant } from "../../domain/job.ts";
import type { Secret } from "../../domain/secret.ts";

interface EventToSign {
  readonly id: string;
  readonly now: Instant;
  readonly body: Buffer;
  readonly secrets: readonly Secret[];
}

/**
 * Returns the signature headers according to Standard Webhooks, version 1. Each signature is the HMAC-SHA256 of
 * `id.timestamp.body`. The header contains one signature for each secret of the target. Because of several signatures,
 * an operator can replace a secret without a failed delivery. If the target has no secret, the header is missing.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function createWebhookSignatureHeaders(event: EventToSign): Record<string, string> {
  const timestamp = String(Math.floor(event.now / 1000));
  const signatures = event.secrets.map((secret) => {
    const key = Buffer.from(withoutPrefix(secret), "base64");
    const mac = createHmac("sha256", key).update(`${event.id}.${timestamp}.`).update(event.body);
    return `v1,${mac.digest("base64")}`;
  });
  const headers = { "webhook-id": event.id, "webhook-timestamp": timestamp };
  return signatures.length === 0 ? headers : { ...headers, "webhook-signature": signatures.join(" ") };
}

const withoutPrefix = (secret: Secret): string => secret.reveal().replace(/^whsec_/, "");
