import * as z from "zod/mini";
import { type Instant, OUTCOMES, Outcome, type Verdict } from "../domain/job.ts";
import type { JsonObject } from "../domain/json.ts";
import type { OutcomeSummary } from "../domain/outcome-summary.ts";
import { type Secret, toSecret } from "../domain/secret.ts";
import type { DeliveryReason } from "./delivery-reason.ts";

/** The schema accepts any URL. The egress rules decide at each delivery attempt whether the URL may be called. */
const SecretUrl = z.pipe(z.string().check(z.refine((text) => URL.canParse(text), "must be a URL")), toSecret);

/** The fields that every kind of target has in the config. */
export const commonFields = {
  url: SecretUrl,
  on: z._default(
    z.array(Outcome).check(z.minLength(1, "must name at least one outcome; omit it to get all outcomes")),
    [...OUTCOMES],
  ),
};

/** The type of the schema that validates one kind of target. */
export type TargetSchema = z.ZodMiniObject<{ readonly kind: z.ZodMiniLiteral<string> } & typeof commonFields>;

/**
 * A channel delivers notifications to one kind of target. `Schema` describes the config of a target. Each channel has
 * a folder, and `registry.ts` lists all channels.
 */
export interface Channel<Schema extends TargetSchema = TargetSchema> {
  readonly target: Schema;
  /** True if people read the messages of the target. A digest notifies only chats. */
  readonly isChat: boolean;
  /** The receiver's documented rate limit, or null if the receiver documents no rate limit. */
  readonly rateLimit: RateLimit | null;
  /** Formats a notification within the receiver's size limits. Untrusted text must not become a mention or a link. */
  format(content: NotificationContent, target: z.infer<Schema>): FormattedMessage;
  /** Builds the HTTP request of one delivery attempt. The signature contains the time of the delivery attempt. */
  buildRequest(target: z.infer<Schema>, payload: JsonObject, attempt: AttemptIdentity): OutboundRequest;
  /** Decides whether to send the notification again, and why. A date in a Retry-After header is compared with `now`. */
  verdictOf(answer: ReceiverAnswer, now: Instant): AttemptVerdict;
  /** Returns the target's secrets other than the target's URL. These secrets are masked in the receiver's answers. */
  secretsOf(target: z.infer<Schema>): readonly string[];
}

/** The content of a notification, before a channel formats the content for a receiver. */
export type NotificationContent =
  /** A watched job has ended. */
  | { readonly kind: "outcome"; readonly summary: OutcomeSummary }
  /** All jobs of one digest have ended. */
  | { readonly kind: "digest"; readonly summaries: readonly OutcomeSummary[] }
  /** Another target, with the name `target`, has been switched off. */
  | { readonly kind: "target_gone"; readonly target: string; readonly since: Instant }
  /** Somebody tests the target with the name `target`. */
  | { readonly kind: "test"; readonly target: string; readonly at: Instant };

/** The decision after one delivery attempt, which says whether to send the notification again, and why. */
export interface AttemptVerdict {
  readonly verdict: Verdict;
  readonly reason: DeliveryReason;
  /** The wait that the receiver asked for, in whole seconds, or null if the receiver asked for no wait. */
  readonly afterSeconds: number | null;
  /** True if the delivery attempt counts against the retry schedule. A throttled delivery attempt does not count. */
  readonly spent: boolean;
}

/** A receiver's answer to one delivery attempt. */
export interface ReceiverAnswer {
  readonly status: number;
  /** The header names are in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A rate limit of `messages` messages in `windowMs` milliseconds. */
export interface RateLimit {
  readonly messages: number;
  readonly windowMs: number;
}

/** An unsigned message in the receiver's own format. */
export interface FormattedMessage {
  readonly payload: JsonObject;
  /** A simpler message that is sent once if the receiver refuses the format of `payload`. Null if no message exists. */
  readonly fallback: JsonObject | null;
}

export interface AttemptIdentity {
  /** All delivery attempts of one notification have the same `webhookId`. */
  readonly webhookId: string;
  readonly now: Instant;
}

/** The URL, the headers and the exact body bytes of one HTTP POST. */
export interface OutboundRequest {
  /** The target's URL from the config. The query parameters of a signature are added to the URL. */
  readonly url: string;
  /** The header names are in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const COMMON_HEADERS = {
  "content-type": "application/json",
  // Compressed answers are not requested, because a small compressed answer can become very large after decompression.
  "accept-encoding": "identity",
  "user-agent": "cce-job-notifier/1",
};

/** Returns a POST request with `payload` as JSON, without a signature. The common headers override `headers`. */
export function createJsonRequest(
  url: Secret,
  payload: JsonObject,
  headers: Readonly<Record<string, string>> = {},
): OutboundRequest {
  return { url: url.reveal(), headers: { ...headers, ...COMMON_HEADERS }, body: encodeJsonBody(payload) };
}

/** Returns the bytes of a payload as JSON. A size limit in bytes counts the length of these bytes. */
export function encodeJsonBody(payload: JsonObject): Buffer {
  return Buffer.from(JSON.stringify(payload));
}

/** A factor that makes intervals 10 % longer, because the network may deliver two messages with a shorter interval. */
const RATE_LIMIT_MARGIN = 1.1;

/** Returns the minimum time between two messages to one target, in milliseconds. Returns 0 without a rate limit. */
export function minIntervalMs(rateLimit: RateLimit | null): number {
  return rateLimit === null ? 0 : Math.ceil((rateLimit.windowMs / rateLimit.messages) * RATE_LIMIT_MARGIN);
}
