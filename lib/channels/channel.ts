import * as z from "zod/mini";
import { type Instant, OUTCOMES, Outcome, type Verdict } from "../domain/job.ts";
import type { JsonObject } from "../domain/json.ts";
import type { OutcomeSummary } from "../domain/outcome-summary.ts";
import { type Secret, toSecret } from "../domain/secret.ts";
import type { DeliveryReason } from "./delivery-reason.ts";

/** The egress rules decide at each attempt whether the URL may be called. */
const SecretUrl = z.pipe(z.string().check(z.refine((text) => URL.canParse(text), "must be a URL")), toSecret);

/** Fields that every kind of target has in the config. */
export const commonFields = {
  url: SecretUrl,
  on: z._default(
    z.array(Outcome).check(z.minLength(1, "must name at least one outcome; omit it to get all outcomes")),
    [...OUTCOMES],
  ),
};

/** The schema of one kind of target. */
export type TargetSchema = z.ZodMiniObject<{ readonly kind: z.ZodMiniLiteral<string> } & typeof commonFields>;

/**
 * Everything that the product needs to know about one kind of target. `Schema` describes such a target in the config. Each
 * channel has a folder, and `registry.ts` lists the channels.
 */
export interface Channel<Schema extends TargetSchema = TargetSchema> {
  readonly target: Schema;
  /** Whether people read the target. A digest notifies only chats. */
  readonly isChat: boolean;
  /** The receiver's documented rate limit. Null: the receiver documents none. */
  readonly rateLimit: RateLimit | null;
  /** Formats a notification within the receiver's size limits. Untrusted text in it mentions nobody and makes no link. */
  format(content: NotificationContent, target: z.infer<Schema>): FormattedMessage;
  /** Builds the HTTP request of one attempt, signed for the instant of the attempt. */
  buildRequest(target: z.infer<Schema>, payload: JsonObject, attempt: AttemptIdentity): OutboundRequest;
  /** Decides whether to send again, and why. `now` is compared with a Retry-After header that contains a date. */
  verdictOf(answer: ReceiverAnswer, now: Instant): AttemptVerdict;
  /** Returns the target's secrets other than its URL. They are masked in answers of the receiver. */
  secretsOf(target: z.infer<Schema>): readonly string[];
}

/** What a notification reports. Each channel formats it in its own way. */
export type NotificationContent =
  /** A watched job has ended. */
  | { readonly kind: "outcome"; readonly summary: OutcomeSummary }
  /** All jobs of one digest have ended. */
  | { readonly kind: "digest"; readonly summaries: readonly OutcomeSummary[] }
  /** Another target, named `target`, has been switched off. */
  | { readonly kind: "target_gone"; readonly target: string; readonly since: Instant }
  /** Somebody tests the target named `target`. */
  | { readonly kind: "test"; readonly target: string; readonly at: Instant };

/** What one attempt means for its notification: send again or not, and why. */
export interface AttemptVerdict {
  readonly verdict: Verdict;
  readonly reason: DeliveryReason;
  /** The wait that the receiver asked for, in whole seconds. Null: the receiver named none. */
  readonly afterSeconds: number | null;
  /** Whether the attempt counts against the retry schedule. A throttled attempt does not. */
  readonly spent: boolean;
}

/** A receiver's answer to one attempt. */
export interface ReceiverAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The receiver accepts `messages` messages in `windowMs` milliseconds. */
export interface RateLimit {
  readonly messages: number;
  readonly windowMs: number;
}

/** A message in the receiver's own format, before it is signed. */
export interface FormattedMessage {
  readonly payload: JsonObject;
  /** A plainer message. It is sent once if the receiver refuses the format of `payload`. Null: there is none. */
  readonly fallback: JsonObject | null;
}

export interface AttemptIdentity {
  /** The same for all attempts of one notification. */
  readonly webhookId: string;
  readonly now: Instant;
}

/** One HTTP POST, byte for byte. */
export interface OutboundRequest {
  /** The target's URL as the operator wrote it, plus the query that a signature adds. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const COMMON_HEADERS = {
  "content-type": "application/json",
  // A compressed answer could grow without limit when it is decompressed.
  "accept-encoding": "identity",
  "user-agent": "cce-job-notifier/1",
};

/** Returns a POST of `payload` as JSON without a signature. The common headers override `headers`. */
export function createJsonRequest(
  url: Secret,
  payload: JsonObject,
  headers: Readonly<Record<string, string>> = {},
): OutboundRequest {
  return { url: url.reveal(), headers: { ...headers, ...COMMON_HEADERS }, body: encodeJsonBody(payload) };
}

/** Returns the body that is sent for a payload. Its length is what size limits in bytes count. */
export function encodeJsonBody(payload: JsonObject): Buffer {
  return Buffer.from(JSON.stringify(payload));
}

/** Messages that are sent on time may arrive a little closer together. */
const RATE_LIMIT_MARGIN = 1.1;

/** Returns the shortest time between two messages to one target, in milliseconds. 0: no rate limit. */
export function minIntervalMs(rateLimit: RateLimit | null): number {
  return rateLimit === null ? 0 : Math.ceil((rateLimit.windowMs / rateLimit.messages) * RATE_LIMIT_MARGIN);
}
