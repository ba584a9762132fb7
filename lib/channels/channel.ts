import * as z from "zod/mini";
import { type Instant, OUTCOMES, TargetEvent, type Verdict } from "../domain/job.ts";
import type { JsonObject } from "../domain/json.ts";
import type { OutcomeSummary } from "../domain/outcome-summary.ts";
import { type Secret, toSecret } from "../domain/secret.ts";
import type { SlowSummary } from "../domain/slow-summary.ts";
import { listSchema, textSchema } from "../domain/zod-fields.ts";
import { Certificates, ClientCertificate } from "../http/tls-options.ts";
import type { DeliveryReason } from "./delivery-reason.ts";

/**
 * The schema of a target accepts any URL. The egress rules (the rules for outgoing connections) check the URL at each
 * delivery attempt.
 */
const SecretUrl = z.pipe(textSchema(z.refine((text) => URL.canParse(text), "must be a URL")), toSecret);

/** The events of which a target is notified. */
export const TargetEvents = z._default(
  listSchema(TargetEvent, z.minLength(1, "must name at least one outcome; omit it to get all outcomes")),
  [...OUTCOMES],
);

/** The config fields of every kind of target. */
export const commonFields = {
  url: SecretUrl,
  on: TargetEvents,
  /**
   * The certificate authorities that the service trusts for the target's server. Without `ca`, the service trusts the
   * public certificate authorities.
   */
  ca: z.optional(Certificates),
  clientCertificate: z.optional(ClientCertificate),
};

/** The type of the schema that validates the config of one kind of target. */
export type TargetSchema = z.ZodMiniObject<{ readonly kind: z.ZodMiniLiteral<string> } & typeof commonFields>;

/**
 * A channel delivers notifications to one kind of target, for example Slack. `Schema` describes the config of a target
 * of the channel. Each channel has a folder, and `registry.ts` lists all channels. In the folder of a channel,
 * `channel.ts` contains the schema, the rate limit and the verdict, `message.ts` contains the message and its size
 * limits, and `signature.ts` contains the signature of a request.
 */
export interface Channel<Schema extends TargetSchema = TargetSchema> {
  readonly target: Schema;
  /**
   * `isChat` is true if people, not programs, read the messages to the target. The service sends a digest (one message
   * about several jobs) only to targets that people read.
   */
  readonly isChat: boolean;
  /** The rate limit that the vendor of the chat documents. `rateLimit` is null if no rate limit is documented. */
  readonly rateLimit: RateLimit | null;
  /**
   * Formats a notification as a message within the size limits of the target. Text from outside the config must not
   * become a mention or a link in the message.
   */
  format(content: NotificationContent, target: z.infer<Schema>): FormattedMessage;
  /**
   * Builds the HTTP request of one delivery attempt. The signature of the request contains the time of the delivery
   * attempt.
   */
  buildRequest(target: z.infer<Schema>, payload: JsonObject, attempt: AttemptIdentity): OutboundRequest;
  /**
   * Decides from the response of the target whether to send the notification again. `now` is needed because the header
   * Retry-After can contain a date.
   */
  verdictOf(answer: ReceiverAnswer, now: Instant): AttemptVerdict;
  /** Returns a note about the URL of a target for the operator, or null. The note is the end of a sentence. */
  noteAbout(target: z.infer<Schema>): string | null;
}

/** The content of a notification before a channel formats it for a target. */
export type NotificationContent =
  /** The notification says that a watched job has ended. */
  | { readonly kind: "outcome"; readonly summary: OutcomeSummary }
  /** The notification says that a running job takes longer than most jobs of its type. */
  | { readonly kind: "slow"; readonly summary: SlowSummary }
  /** The notification says that all jobs of one digest have ended. */
  | { readonly kind: "digest"; readonly summaries: readonly OutcomeSummary[] }
  /** The notification says that the service has switched off a different target, whose name is `target`. */
  | { readonly kind: "target_gone"; readonly target: string; readonly at: Instant }
  /** The notification is only a test of the target `target`. The caller with the name `caller` requested the test. */
  | { readonly kind: "test"; readonly target: string; readonly caller: string; readonly at: Instant };

/**
 * The result of one delivery attempt: whether the service sends the notification again, and the reason for this
 * decision.
 */
export interface AttemptVerdict {
  readonly verdict: Verdict;
  readonly reason: DeliveryReason;
  /** The wait that the target asked for, in whole seconds, or null if the target asked for no wait. */
  readonly afterSeconds: number | null;
  /**
   * `spent` is true if the delivery attempt counts against the retry schedule. A delivery attempt that the target
   * refuses because of its rate limit does not count.
   */
  readonly spent: boolean;
}

/** The response of a target to one delivery attempt. */
export interface ReceiverAnswer {
  readonly status: number;
  /** The values of the response headers, by the lower-case name of the header. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A target with this rate limit accepts `messages` messages in `windowMs` milliseconds. */
export interface RateLimit {
  readonly messages: number;
  readonly windowMs: number;
}

/** A message without a signature, in the format that the target requires. */
export interface FormattedMessage {
  readonly payload: JsonObject;
  /**
   * A simpler message that the service sends once if the target refuses `payload` because of its content or size.
   * `fallback` is null if there is no simpler message.
   */
  readonly fallback: JsonObject | null;
}

interface AttemptIdentity {
  /** All delivery attempts of one notification have the same `webhookId`. */
  readonly webhookId: string;
  /** The trace context of the watch (W3C Trace Context). Only a webhook target receives the trace context. */
  readonly traceparent?: string | null | undefined;
  readonly now: Instant;
}

/** The URL, the headers and the exact bytes of the body of one HTTP POST request. */
interface OutboundRequest {
  /** The URL of the target. Some channels add query parameters with a signature to the URL. */
  readonly url: string;
  /** The values of the request headers, by the lower-case name of the header. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const COMMON_HEADERS = {
  "content-type": "application/json",
  // The request asks the receiver not to compress the response, because a small compressed response can become very
  // large after decompression.
  "accept-encoding": "identity",
  "user-agent": "cce-job-notifier/1",
};

/**
 * Returns a POST request without a signature, with `payload` as JSON in the body. `COMMON_HEADERS` replace the headers
 * with the same names in `headers`.
 */
export function createJsonPostRequest(
  url: Secret,
  payload: JsonObject,
  headers: Readonly<Record<string, string>> = {},
): OutboundRequest {
  return { url: url.reveal(), headers: { ...headers, ...COMMON_HEADERS }, body: encodeJsonBody(payload) };
}

/** Returns a payload as the bytes of its JSON text. */
export function encodeJsonBody(payload: JsonObject): Buffer {
  return Buffer.from(JSON.stringify(payload));
}

/**
 * The factor that makes the interval between two messages 7 % longer, because two messages may arrive closer together
 * than the service sent them.
 */
const RATE_LIMIT_MARGIN = 1.07;

/**
 * Returns the minimum time between two messages to one target, in milliseconds. Returns 0 if the target has no rate
 * limit.
 */
export function minIntervalWithMarginMs(rateLimit: RateLimit | null): number {
  return rateLimit === null ? 0 : Math.ceil((rateLimit.windowMs / rateLimit.messages) * RATE_LIMIT_MARGIN);
}
