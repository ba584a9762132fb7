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
 * The schema accepts any URL, because the egress rules (the rules for outgoing connections) check the URL at each
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
   * The trusted certificate authorities of the target's server. By default, the public certificate authorities are
   * trusted.
   */
  ca: z.optional(Certificates),
  clientCertificate: z.optional(ClientCertificate),
};

/** A schema that parses the config of one kind of target. */
export type TargetSchema = z.ZodMiniObject<{ readonly kind: z.ZodMiniLiteral<string> } & typeof commonFields>;

/**
 * A channel delivers notifications to one kind of target, for example Slack. `Schema` is the type of the config schema
 * for this kind of target. Each channel has a folder, and `registry.ts` lists all channels. In the folder of a channel,
 * `channel.ts` contains the schema, the rate limit and the verdict. `message.ts` contains the message and its size
 * limits, and `signature.ts` the signature.
 */
export interface Channel<Schema extends TargetSchema = TargetSchema> {
  readonly target: Schema;
  /**
   * True if people read the messages, and false if programs read them. Only a target for people gets a digest (one
   * message about several jobs).
   */
  readonly isChat: boolean;
  /** The rate limit that the vendor documents, or null. */
  readonly rateLimit: RateLimit | null;
  /**
   * Formats a notification as a message within the size limits of the target. Text from outside the config must not
   * become a mention or a link.
   */
  format(content: NotificationContent, target: z.infer<Schema>): FormattedMessage;
  /** Builds the HTTP request of one delivery attempt. A signature contains the time of the attempt. */
  buildRequest(target: z.infer<Schema>, payload: JsonObject, attempt: AttemptIdentity): OutboundRequest;
  /**
   * Decides from the response whether to send the notification again. `now` is needed to interpret a date in the header
   * Retry-After.
   */
  verdictOf(answer: ReceiverAnswer, now: Instant): AttemptVerdict;
  /** Returns a note for the operator about the URL of a target, or null. The note is the last part of a sentence. */
  noteAbout(target: z.infer<Schema>): string | null;
}

/** The content of a notification, before a channel formats it. */
export type NotificationContent =
  /** A watched job has ended. */
  | { readonly kind: "outcome"; readonly summary: OutcomeSummary }
  /** A running job takes longer than most jobs of its type. */
  | { readonly kind: "slow"; readonly summary: SlowSummary }
  /** All jobs of one digest have ended. */
  | { readonly kind: "digest"; readonly summaries: readonly OutcomeSummary[] }
  /** The service has switched off another target, named `target`. */
  | { readonly kind: "target_gone"; readonly target: string; readonly at: Instant }
  /** A test message to the target `target`. `caller` requested the test. */
  | { readonly kind: "test"; readonly target: string; readonly caller: string; readonly at: Instant };

/** The result of a delivery attempt, and its reason. */
export interface AttemptVerdict {
  readonly verdict: Verdict;
  readonly reason: DeliveryReason;
  /** The wait that the target asked for, in whole seconds, or null. */
  readonly afterSeconds: number | null;
  /** True if the attempt counts as an attempt of the retry schedule. A throttled attempt does not count. */
  readonly spent: boolean;
}

/** The response of a target to one delivery attempt. */
export interface ReceiverAnswer {
  readonly status: number;
  /** Response headers by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** At most `messages` messages in `windowMs` milliseconds. */
export interface RateLimit {
  readonly messages: number;
  readonly windowMs: number;
}

/** A message in the format of the target, without a signature. */
export interface FormattedMessage {
  readonly payload: JsonObject;
  /**
   * A simpler message, which is sent once if the target refuses `payload` because of its content or size. `fallback` is
   * null if there is no simpler message.
   */
  readonly fallback: JsonObject | null;
}

interface AttemptIdentity {
  /** Every attempt of a notification has the same `webhookId`. */
  readonly webhookId: string;
  /** The trace context of the watch (W3C Trace Context). Only webhooks receive it. */
  readonly traceparent?: string | null | undefined;
  readonly now: Instant;
}

/** The URL, the headers and the exact bytes of the body of one HTTP POST request. */
interface OutboundRequest {
  /** The URL of the target. Some channels add a signature to the query. */
  readonly url: string;
  /** Request headers by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const COMMON_HEADERS = {
  "content-type": "application/json",
  // A compressed response could become very large, so the request asks for an uncompressed response.
  "accept-encoding": "identity",
  "user-agent": "cce-job-notifier/1",
};

/**
 * Returns a POST request with `payload` as JSON, without a signature. A header in `COMMON_HEADERS` replaces a header in
 * `headers` with the same name.
 */
export function createJsonPostRequest(
  url: Secret,
  payload: JsonObject,
  headers: Readonly<Record<string, string>> = {},
): OutboundRequest {
  return { url: url.reveal(), headers: { ...headers, ...COMMON_HEADERS }, body: encodeJsonBody(payload) };
}

/** Returns the bytes of a payload as JSON. */
export function encodeJsonBody(payload: JsonObject): Buffer {
  return Buffer.from(JSON.stringify(payload));
}

/**
 * Makes the interval between two messages 7 % longer than the rate limit requires. Two messages may arrive closer
 * together than they were sent.
 */
const RATE_LIMIT_MARGIN = 1.07;

/**
 * Returns the minimum time between two messages to one target, in milliseconds. If the target has no rate limit, the
 * result is 0.
 */
export function minIntervalWithMarginMs(rateLimit: RateLimit | null): number {
  return rateLimit === null ? 0 : Math.ceil((rateLimit.windowMs / rateLimit.messages) * RATE_LIMIT_MARGIN);
}
