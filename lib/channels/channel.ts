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
 * The schema accepts any URL. The egress rules (the rules for outgoing connections) check the URL at each delivery
 * attempt.
 */
const SecretUrl = z.lazy(() =>
  z.pipe(textSchema(z.refine((text) => URL.canParse(text), "must be a URL")), toSecret),
);

/** The events about which the service notifies the target, for example `failed`. */
export const TargetEvents = z._default(
  listSchema(TargetEvent, z.minLength(1, "must name at least one outcome; omit it to get all outcomes")),
  [...OUTCOMES],
);

/**
 * The fields of a target that functions need even if they send no notifications. The schema does not check `kind`,
 * because a list of all kinds would add the code of all channels to each package. The function `notify` and the
 * operators' commands check `kind`.
 */
export const PublicTarget = z.strictObject({ kind: z.string(), on: TargetEvents });
export type PublicTarget = z.infer<typeof PublicTarget>;

/** The fields that every kind of target has in the config. */
export const commonFields = {
  url: SecretUrl,
  on: TargetEvents,
  /**
   * The certificate authorities that the service trusts for the server of the target. Without `ca`, the service trusts
   * the public certificate authorities.
   */
  ca: z.optional(Certificates),
  clientCertificate: z.optional(ClientCertificate),
};

/** The schema for the config of one kind of target. */
export type TargetSchema = z.ZodMiniObject<{ readonly kind: z.ZodMiniLiteral<string> } & typeof commonFields>;

/**
 * A channel delivers notifications to one kind of target, for example Slack. `Schema` is the type of `target`, which is
 * the schema of a target in the config. Each channel has its own folder. `registry.ts` lists all channels. In the
 * folder of a channel, the file `channel.ts` contains the schema, the rate limit and the verdict. `message.ts` formats
 * messages within the size limits, and `signature.ts` creates the signature.
 */
export interface Channel<Schema extends TargetSchema = TargetSchema> {
  readonly target: z.ZodMiniLazy<Schema>;
  /**
   * True if people read the messages, and false if programs read them. Only chats get digests (one message about
   * several jobs).
   */
  readonly isChat: boolean;
  /** The rate limit that the vendor documents, or null. */
  readonly rateLimit: RateLimit | null;
  /**
   * Formats a notification as a message within the size limits of the target. A text from outside the config, such as a
   * failure reason, must not become a mention or a link.
   */
  format(content: NotificationContent, target: z.infer<Schema>): FormattedMessage;
  /**
   * Builds the HTTP request of one delivery attempt. If the channel signs requests, the signature contains the time of
   * the attempt.
   */
  buildRequest(target: z.infer<Schema>, payload: JsonObject, attempt: AttemptIdentity): OutboundRequest;
  /**
   * Decides from the response whether the service sends the notification again. `now` is the current time, which the
   * function subtracts from a date in the header Retry-After.
   */
  verdictOf(answer: ReceiverAnswer, now: Instant): AttemptVerdict;
  /**
   * Returns a note for the operator about the URL of a target, or null. The note has the form of the second half of a
   * sentence.
   */
  noteAbout(target: z.infer<Schema>): string | null;
}

/** The content of a notification, before a channel formats it. */
export type NotificationContent =
  /** The notification is about a watched job that has ended. */
  | { readonly kind: "outcome"; readonly summary: OutcomeSummary }
  /** A job is still running, and has taken longer than most jobs of its type. */
  | { readonly kind: "slow"; readonly summary: SlowSummary }
  /** All jobs of one digest have ended. */
  | { readonly kind: "digest"; readonly summaries: readonly OutcomeSummary[] }
  /** The service has switched off another target, named `target`. */
  | { readonly kind: "target_gone"; readonly target: string; readonly at: Instant }
  /** A caller with the name `caller` has requested a test message to the target `target`. */
  | { readonly kind: "test"; readonly target: string; readonly caller: string; readonly at: Instant };

/** The result of a delivery attempt, and its reason. */
export interface AttemptVerdict {
  readonly verdict: Verdict;
  readonly reason: DeliveryReason;
  /** The wait that the target requested, in whole seconds. If the target requested no wait, `afterSeconds` is null. */
  readonly afterSeconds: number | null;
  /** True if the attempt counts as an attempt of the retry schedule. A throttled attempt does not count. */
  readonly spent: boolean;
}

/** The response of a target to one delivery attempt. */
export interface ReceiverAnswer {
  readonly status: number;
  /** The response headers, with names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The rate limit is `messages` messages in `windowMs` milliseconds. */
export interface RateLimit {
  readonly messages: number;
  readonly windowMs: number;
}

/** A message in the JSON format of the target. The formatted message contains no signature. */
export interface FormattedMessage {
  readonly payload: JsonObject;
  /**
   * A simpler message than `payload`. If the target refuses the content or size of `payload`, the service sends the
   * simpler message once. `fallback` is null if there is no simpler message.
   */
  readonly fallback: JsonObject | null;
}

interface AttemptIdentity {
  /** All attempts of the same notification have the same `webhookId`. */
  readonly webhookId: string;
  /** The trace context of the watch (W3C Trace Context). Only webhooks receive the trace context. */
  readonly traceparent?: string | null | undefined;
  readonly now: Instant;
}

/** The URL, the headers and the exact bytes of the body of one HTTP POST request. */
interface OutboundRequest {
  /** The URL of the target. Some channels add a signature to the query of the URL. */
  readonly url: string;
  /** The request headers, with names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const COMMON_HEADERS = {
  "content-type": "application/json",
  // The request asks for an uncompressed response, because a compressed response could become very large.
  "accept-encoding": "identity",
  "user-agent": "cce-job-notifier/1",
};

/**
 * Returns a POST request with `payload` as JSON, without a signature. If `headers` and `COMMON_HEADERS` contain the
 * same header, the function uses the header from `COMMON_HEADERS`.
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
 * The interval between two messages is 7 % longer than the rate limit requires. The reason: if the network delays only
 * the first message, the interval between the two messages becomes shorter.
 */
const RATE_LIMIT_MARGIN = 1.07;

/**
 * Returns the minimum time between two messages to one target, in milliseconds. For a target without a rate limit, the
 * result is 0.
 */
export function minIntervalWithMarginMs(rateLimit: RateLimit | null): number {
  return rateLimit === null ? 0 : Math.ceil((rateLimit.windowMs / rateLimit.messages) * RATE_LIMIT_MARGIN);
}
