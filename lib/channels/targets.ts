import * as z from "zod/mini";
import { OUTCOMES, Outcome } from "../domain/job.ts";
import { SecretText, toSecret } from "../domain/secret.ts";

/** Standard Webhooks: the key behind `whsec_` is 24 to 64 bytes long. */
const WHSEC_BYTES = { min: 24, max: 64 };

/** Names that are ours, the transport's, or would change who the receiver thinks is calling. */
const REFUSED_HEADERS: ReadonlySet<string> = new Set([
  "accept-encoding",
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "cookie",
  "expect",
  "forwarded",
  "host",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "user-agent",
  "via",
  "webhook-id",
  "webhook-signature",
  "webhook-timestamp",
]);

/** Whether it may be called is for the rules of delivery to say. */
const secretUrl = z.pipe(z.string().check(z.refine((text) => URL.canParse(text), "must be a URL")), toSecret);

/** A Standard Webhooks secret: `whsec_` and 24 to 64 bytes as base64. */
export const WebhookSecret = z.pipe(
  z
    .string()
    .check(
      z.refine(
        isWebhookSecret,
        "must be 'whsec_' followed by 24 to 64 bytes as base64 (make one: openssl rand -base64 32)",
      ),
    ),
  toSecret,
);

function isWebhookSecret(text: string): boolean {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text)?.[1];
  if (encoded === undefined) return false;
  const { length } = Buffer.from(encoded, "base64");
  return length >= WHSEC_BYTES.min && length <= WHSEC_BYTES.max;
}

const HeaderName = z.string().check(
  z.regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, "is not a header name"),
  z.refine((name) => !REFUSED_HEADERS.has(name.toLowerCase()), "is a header this sender sets itself"),
);
const HeaderValue = z.pipe(
  z.string().check(z.maxLength(2000), z.regex(/^[\t\x20-\x7e]*$/, "may hold printable ASCII only")),
  toSecret,
);

const common = {
  url: secretUrl,
  on: z._default(
    z.array(Outcome).check(z.minLength(1, "names at least one outcome, or is left out for all")),
    [...OUTCOMES],
  ),
};

const chat = { ...common, mention: z.optional(z.string().check(z.minLength(1), z.maxLength(200))) };
const chatWithSecret = { ...chat, secret: z.optional(SecretText) };

/** Where notifications go. URLs, secrets and header values never print themselves. */
export const Target = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("slack"), ...chat }),
  z.strictObject({
    kind: z.literal("webhook"),
    ...common,
    secrets: z.array(WebhookSecret).check(z.minLength(1), z.maxLength(5)),
    headers: z._default(z.record(HeaderName, HeaderValue), {}),
  }),
  z.strictObject({ kind: z.literal("feishu"), ...chatWithSecret }),
  z.strictObject({ kind: z.literal("dingtalk"), ...chatWithSecret }),
  z.strictObject({ kind: z.literal("wecom"), ...chat }),
  z.strictObject({ kind: z.literal("teams"), ...chat }),
  z.strictObject({ kind: z.literal("discord"), ...chat }),
]);
export type Target = z.infer<typeof Target>;
export type TargetKind = Target["kind"];
/** The kinds a person reads. */
export type ChatTarget = Exclude<Target, { kind: "webhook" }>;

/** A caller's own `callbackUrl` is a target of one watch, named so; no configured name can hold a colon. */
export const CALLBACK_PREFIX = "callback:";

export const isCallback = (target: string): boolean => target.startsWith(CALLBACK_PREFIX);
