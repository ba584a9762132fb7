import type { InnerSchema } from "../../domain/zod-fields.ts";
import { readCappedRetryAfterSeconds } from "../../http/retry-after.ts";
import * as verdict from "../attempt-verdict.ts";
import { type Channel, createJsonPostRequest } from "../channel.ts";
import { formatWebhookEventWithFallback } from "./message.ts";
import { createWebhookSignatureHeaders } from "./signature.ts";
import { WebhookTarget } from "./target.ts";

/**
 * The channel for webhook targets. The webhook channel follows the specification Standard Webhooks. Programs, not
 * people, read the notifications of a webhook.
 */
export const webhookChannel: Channel<InnerSchema<typeof WebhookTarget>> = {
  isChat: false,
  target: WebhookTarget,
  rateLimit: null,
  format: formatWebhookEventWithFallback,
  /**
   * Builds an HTTP request with the headers from the config, a signature and the trace context. The signature protects
   * exactly the bytes of the body.
   */
  buildRequest({ url, secrets, headers }, payload, { webhookId, traceparent, now }) {
    const ownHeaders = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value.reveal()]);
    const request = createJsonPostRequest(url, payload, Object.fromEntries(ownHeaders));
    const signature = createWebhookSignatureHeaders({ id: webhookId, now, body: request.body, secrets });
    const trace = traceparent == null ? {} : { traceparent };
    return { ...request, headers: { ...request.headers, ...signature, ...trace } };
  },
  /**
   * Every status 2xx means success (Standard Webhooks). After status 410, the service switches the target off. Status
   * 413 means that the target refuses the event because of its size. After all other statuses 4xx, the service sends
   * the event again. For example, a target may answer 401 or 404 while an operator deploys it. After status 501, the
   * service does not send the event again.
   */
  verdictOf(answer, now) {
    const { status, headers } = answer;
    const afterSeconds = readCappedRetryAfterSeconds(headers["retry-after"], now);
    if (verdict.isSuccessStatus(status)) return verdict.delivered();
    if (status === 410) return verdict.gone();
    if (status === 501) return verdict.rejected("not_implemented");
    const reason = status === 413 ? "payload_refused" : "client_error";
    return (
      verdict.verdictOfRedirectOrTemporaryStatus(status, afterSeconds) ??
      verdict.retryOnSchedule(reason, afterSeconds)
    );
  },
  noteAbout: () => null,
};
