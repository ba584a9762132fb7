import * as z from "zod/mini";
import { type Instant, OUTCOMES, TargetEvent, type Verdict } from "../domain/job.ts";
import type { JsonObject } from "../domain/json.ts";
import type { OutcomeSummary } from "../domain/outcome-summary.ts";
import { type Secret, toSecret } from "../domain/secret.ts";
import type { SlowSummary } from "../domain/slow-summary.ts";
import { Certificates, ClientCertificate } from "../http/tls-options.ts";
import type { DeliveryReason } from "./delivery-reason.ts";

/**
 * The schema of a target accepts any URL. At each delivery attempt the egress rules decide whether the service may
 * connect to the URL.
 */
const SecretUrl = z.pipe(z.string().check(z.refine((text) => URL.canParse(text), "must be a URL")), toSecret);

/** The fields in the config that every kind of target has. */
export const commonFields = {
  url: SecretUrl,
  on: z._default(
    z.array(TargetEvent).check(z.minLength(1, "must name at least one outcome; omit it to get all outcomes")),
    [...OUTCOMES],
  ),
  /**
   * The certificate authorities of the target's server. Without `ca`, the public certificate authorities are trusted.
   */
  ca: z.optional(Certificates),
  clientCertificate: z.optional(ClientCertificate),
};

/** The type of the schema that validates the config of one kind of target. */
export type TargetSchema = z.ZodMiniObject<{ readonly kind: z.ZodMiniLiteral<string> } & typeof commonFields>;

/**
 * A channel delivers notifications to one kind of target, for example Slack. `Schema` describes the config of a target
 * of the channel. Each channel has a folder, and `registry.ts` lists all channels. In the folder, `channel.ts` contains
 * the schema of a target, the rate limit and the verdict, `message.ts` contains the message and its size limits, and
 * `signature.ts` contains the signature of a request.
 */
export interface Channel<Schema extends TargetSchema = TargetSchema> {
  readonly target: Schema;
  /**
   * `isChat` is true if people, not programs, read the messages to the target. A digest (one message about several
   * jobs) is sent only to targets that people read.
   */
  readonly isChat: boolean;
  /**
   * The rate limit in the documentation of the target. `rateLimit` is null if the documentation names no rate limit.
   */
  readonly rateLimit: RateLimit | null;
  /**
   * Formats a notification as a message within the size limits of the target. Untrusted text in the message must not
   * become a mention or a link.
   */
  format(content: NotificationContent, target: z.infer<Schema>): FormattedMessage;
  /**
   * Builds the HTTP request of one delivery attempt. The signature of the request contains the time of the delivery
   * attempt.
   */
  buildRequest(target: z.infer<Schema>, payload: JsonObject, attempt: AttemptIdentity): OutboundRequest;
  /**
   * Decides whether to send the notification again, and gives the reason for the decision. `now` is needed because the
   * header Retry-After can contain a date.
   */
  verdictOf(answer: ReceiverAnswer, now: Instant): AttemptVerdict;
  /**
   * Returns a note for the operator about the URL of the target, as the end of a sentence, or null if there is no note.
   */
  noteAbout(target: z.infer<Schema>): string | null;
}

/** The content of a notification, before a channel formats the content for a target. */
export type NotificationContent =
  /** The notification says that a watched job has ended. */
  | { readonly kind: "outcome"; readonly summary: OutcomeSummary }
  /** The notification says that a running job takes longer than most jobs of its type. */
  | { readonly kind: "slow"; readonly summary: SlowSummary }
  /** The notification says that all jobs of one digest have ended. */
  | { readonly kind: "digest"; readonly summaries: readonly OutcomeSummary[] }
  /** The notification says that the service has switched off a different target, whose name is `target`. */
  | { readonly kind: "target_gone"; readonly target: string; readonly at: Instant }
  /**
   * The notification is only a test of the target with the name `target`. The caller with the name `caller` has
   * requested the test.
   */
  | { readonly kind: "test"; readonly target: string; readonly caller: string; readonly at: Instant };

/** The decision after one delivery attempt: whether to send the notification again, and the reason for the decision. */
export interface AttemptVerdict {
  readonly verdict: Verdict;
  readonly reason: DeliveryReason;
  /** The wait that the target asked for, in whole seconds. `afterSeconds` is null if the target asked for no wait. */
  readonly afterSeconds: number | null;
  /**
   * `spent` is true if the delivery attempt counts against the retry schedule. A delivery attempt that exceeds the rate
   * limit of the target does not count.
   */
  readonly spent: boolean;
}

/** The response of a target to one delivery attempt. */
export interface ReceiverAnswer {
  readonly status: number;
  /** The names of the response headers in lower case, with the values. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The rate limit is `messages` messages in `windowMs` milliseconds. */
export interface RateLimit {
  readonly messages: number;
  readonly windowMs: number;
}

/** A message without a signature, in the format that the target requires. */
export interface FormattedMessage {
  readonly payload: JsonObject;
  /**
   * A simpler message that is sent once if the target refuses `payload` because of its content or size. `fallback` is
   * null if the channel has no simpler message.
   */
  readonly fallback: JsonObject | null;
}

interface AttemptIdentity {
  /** All delivery attempts of one notification have the same `webhookId`. */
  readonly webhookId: string;
  /** The W3C trace context of the watch. Only a webhook target gets the trace context. */
  readonly traceparent?: string | null | undefined;
  readonly now: Instant;
}

/** The URL, the headers and the exact bytes of the body of one HTTP POST request. */
interface OutboundRequest {
  /** The target's URL from the config. Some channels add the query parameters of a signature to the URL. */
  readonly url: string;
  /** The names of the request headers in lower case, with the values. */
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
 * Returns a POST request without a signature, with `payload` as JSON in the body. If a header is also in `headers`, the
 * header that all requests have replaces it.
 */
export function createJsonPostRequest(
  url: Secret,
  payload: JsonObject,
  headers: Readonly<Record<string, string>> = {},
): OutboundRequest {
  return { url: url.reveal(), headers: { ...headers, ...COMMON_HEADERS }, body: encodeJsonBody(payload) };
}

/**
 * Returns a payload as JSON in bytes. The size limit of a target applies to the number of bytes.
 */
export function encodeJsonBody(payload: JsonObject): Buffer {
  return Buffer.from(JSON.stringify(payload));
}

/** A factor that makes the interval between two messages 7 % longer, because the network may shorten the interval. */
const RATE_LIMIT_MARGIN = 1.07;

/**
 * Returns the minimum time between two messages to one target, in milliseconds. Returns 0 if the target has no rate
 * limit.
 */
export function minIntervalMs(rateLimit: RateLimit | null): number {
  return rateLimit === null ? 0 : Math.ceil((rateLimit.windowMs / rateLimit.messages) * RATE_LIMIT_MARGIN);
}
