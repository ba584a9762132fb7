import * as z from "zod/mini";
import { OUTCOMES } from "../../domain/job.ts";
import { type Secret, toSecret } from "../../domain/secret.ts";
import { listSchema, recordSchemaRefusingProto, textSchema } from "../../domain/zod-fields.ts";
import { commonFields } from "../channel.ts";

/** The kind of a webhook target in the config. */
const WEBHOOK_KIND = "webhook";

/**
 * Returns true if targets of this kind are chats, which people read. Only chats get digests (one message about several
 * jobs).
 */
export const isChatKind = (kind: string): boolean => kind !== WEBHOOK_KIND;

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
const MIN_KEY_BYTES = 24;
const MAX_KEY_BYTES = 64;

const SECRET_MESSAGE =
  "must be 'whsec_' followed by 24 to 64 bytes as base64 (make one: openssl rand -base64 32)";

/** The secret of a webhook target: `whsec_` followed by 24 to 64 bytes as base64. */
export const WebhookSecret = z.lazy(() =>
  z.pipe(textSchema(z.refine(isWebhookSecret, SECRET_MESSAGE)), toSecret),
);

function isWebhookSecret(text: string): boolean {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text)?.[1];
  if (encoded === undefined) return false;
  const { length } = Buffer.from(encoded, "base64");
  return length >= MIN_KEY_BYTES && length <= MAX_KEY_BYTES;
}

const RESERVED_HEADERS = [
  // The config must not set headers that the service sets.
  /^(accept-encoding|content-type|user-agent|traceparent|webhook-(id|signature|timestamp))$/i,
  // The config must not set headers that the HTTP client of Node.js sets.
  /^(connection|content-(encoding|length)|expect|host|keep-alive|te|trailer|transfer-encoding|upgrade)$/i,
  // The config must not set headers that could make a request seem to come from another sender.
  /^(cookie|forwarded|proxy-(authorization|connection)|via)$/i,
];

const HeaderName = z.lazy(() =>
  textSchema(
    z.regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, "is not a header name"),
    z.refine(
      (name) => !RESERVED_HEADERS.some((pattern) => pattern.test(name)),
      "is a reserved header name, so the config cannot set this header",
    ),
  ),
);
const HeaderValue = z.lazy(() =>
  z.pipe(
    textSchema(z.maxLength(2000), z.regex(/^[\t\x20-\x7e]*$/, "may contain printable ASCII only")),
    toSecret,
  ),
);

/**
 * The schema of a webhook target in the config. The service also creates a webhook target for the `callbackUrl` of a
 * caller.
 */
export const WebhookTarget = z.lazy(() =>
  z.strictObject({
    kind: z.literal(WEBHOOK_KIND),
    ...commonFields,
    secrets: listSchema(WebhookSecret, z.minLength(1), z.maxLength(5)),
    headers: z._default(recordSchemaRefusingProto(HeaderName, HeaderValue), {}),
  }),
);
export type WebhookTarget = z.infer<typeof WebhookTarget>;

/**
 * The name of a target for a caller's `callbackUrl` begins with `CALLBACK_PREFIX`. Target names in the config cannot
 * contain a colon.
 */
export const CALLBACK_PREFIX = "callback:";

/** Returns true for the target of a caller's `callbackUrl`. */
export const isCallbackTargetName = (name: string): boolean => name.startsWith(CALLBACK_PREFIX);

/**
 * Creates the target of a caller's `callbackUrl`. The service notifies the created target of every outcome. If the
 * target has no `secrets`, its notifications are not signed.
 */
export function createCallbackTarget(url: Secret, secrets: Secret[]): WebhookTarget {
  return { kind: "webhook", url, on: [...OUTCOMES], secrets, headers: {} };
}
