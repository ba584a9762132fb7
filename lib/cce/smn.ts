import { verify, X509Certificate } from "node:crypto";
import * as z from "zod/mini";
import type { Clock, Instant } from "../domain/job.ts";
import { parseJsonOrUndefined, toObjectOrEmpty } from "../domain/json.ts";
import { textSchema, withChecks, withDescription } from "../domain/zod-fields.ts";
import type { guardedFetchOrThrow } from "../http/egress.ts";

/**
 * A field of an SMN message. A field that the signature covers must not contain a line break. The signed text contains
 * no quotes around its fields. If a field contained a line break, the break could look like the end of the field.
 */
const Line = textSchema(z.maxLength(2048), z.regex(/^[^\r\n]+$/, "must be one line of text"));

/**
 * A message of SMN (Simple Message Notification). Source:
 * https://docs.otc.t-systems.com/simple-message-notification/umn/appendix/http_https_messages/http_https_message_format.html
 */
export const SmnMessage = z.object({
  type: z.enum(["Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"]),
  topic_urn: Line,
  message_id: withChecks(Line, z.maxLength(128)),
  message: withDescription(z.string(), "For a key event of CTS, the trace as JSON text."),
  subject: z.optional(
    z.nullable(textSchema(z.maxLength(2048), z.regex(/^[^\r\n]*$/, "must be one line of text"))),
  ),
  timestamp: z.iso.datetime({ offset: true }),
  subscribe_url: z.optional(Line),
  signature: Line,
  signature_version: textSchema(z.regex(/^v1$/i, "must be v1")),
  signing_cert_url: Line,
});
export type SmnMessage = z.infer<typeof SmnMessage>;

/** The response body of the service to a message of SMN (Simple Message Notification). */
export const EventResult = z.object({
  result: withDescription(
    z.enum(["listed", "requested", "confirmed", "ignored"]),
    "What the service did: `listed` the jobs, `requested` another list within a minute, `confirmed` the subscription, or `ignored` the message.",
  ),
});
export type EventResult = z.infer<typeof EventResult>;

/**
 * The hash function for each signature algorithm of a certificate. The service refuses certificates with other
 * algorithms.
 */
const HASHES: Readonly<Record<string, string>> = {
  sha256WithRSAEncryption: "sha256",
  sha384WithRSAEncryption: "sha384",
  sha512WithRSAEncryption: "sha512",
};

/**
 * Returns true if the owner of the certificate has signed the message. The algorithm of the certificate determines the
 * hash function.
 * @param now the time at which the certificate must be valid. Source:
 * https://docs.otc.t-systems.com/simple-message-notification/umn/appendix/http_https_messages/message_signature_verification.html
 */
export function isValidSmnSignature(
  certificate: X509Certificate,
  message: SmnMessage,
  now: Instant,
): boolean {
  const { validFromDate, validToDate, signatureAlgorithm = "", publicKey } = certificate;
  const hash = HASHES[signatureAlgorithm];
  if (hash === undefined || publicKey.asymmetricKeyType !== "rsa") return false;
  if (now < validFromDate.getTime() || now > validToDate.getTime()) return false;
  const signature = Buffer.from(message.signature, "base64");
  return verify(hash, Buffer.from(createSmnStringToSign(message)), publicKey, signature);
}

const CONFIRMED_FIELDS = [
  "message",
  "message_id",
  "subscribe_url",
  "timestamp",
  "topic_urn",
  "type",
] as const;
const SIGNED_FIELDS = {
  Notification: ["message", "message_id", "subject", "timestamp", "topic_urn", "type"],
  SubscriptionConfirmation: CONFIRMED_FIELDS,
  UnsubscribeConfirmation: CONFIRMED_FIELDS,
} as const;

/**
 * Returns the text that SMN signs: the names and values of the fields, sorted by name. If the field `subject` is empty,
 * the text does not contain it.
 */
export function createSmnStringToSign(message: SmnMessage): string {
  return SIGNED_FIELDS[message.type]
    .filter((name) => name !== "subject" || (message[name] ?? "") !== "")
    .map((name) => `${name}\n${message[name] ?? ""}\n`)
    .join("");
}

/**
 * Returns true if the message is a trace of a CCE call. A trace is a report of Cloud Trace Service (CTS) about an API
 * call, in JSON.
 */
export function isCtsTraceOfCce(text: string): boolean {
  const { service_type } = toObjectOrEmpty(parseJsonOrUndefined(text));
  return typeof service_type === "string" && service_type.toUpperCase() === "CCE";
}

/** The time limit for each request to SMN. SMN itself waits only five seconds for the response of the service. */
const FETCH_MS = 1500;
const MAX_BYTES = 65_536;
/** The time for which the service keeps a certificate in memory. */
const MAX_AGE_MS = 3_600_000;
const MAX_CERTIFICATES = 20;
/**
 * The minimum time between two requests of the service for certificates from SMN. Without a minimum, an attacker could
 * send many invalid messages and so cause many requests.
 */
const MIN_INTERVAL_MS = 1000;

export type FetchFromSmn = (
  url: string,
  limits: { timeLimitMs: number; maxBytes: number },
) => ReturnType<typeof guardedFetchOrThrow>;

type FetchedCertificate =
  | { readonly kind: "certificate"; readonly certificate: X509Certificate }
  /** SMN did not return the certificate. A later request may succeed. */
  | { readonly kind: "unavailable"; readonly cause: unknown };

/**
 * Creates a function that requests certificates from SMN and stores them in memory. Calls for the same URL at the same
 * time share one request. The caller must check the host of the URL first. The function does not follow redirects.
 */
export function createCachedCertificateFetcher(
  now: Clock,
): (url: string, fetchFromSmn: FetchFromSmn) => Promise<FetchedCertificate> {
  const known = new Map<
    string,
    { readonly fetched: Promise<FetchedCertificate>; readonly fetchedAt: Instant }
  >();
  let lastFetchAt = Number.NEGATIVE_INFINITY;
  return async (url, fetchFromSmn) => {
    const found = known.get(url);
    if (found !== undefined && Math.abs(now() - found.fetchedAt) < MAX_AGE_MS) return found.fetched;
    if (Math.abs(now() - lastFetchAt) < MIN_INTERVAL_MS)
      return {
        kind: "unavailable",
        cause: new Error("another certificate was fetched less than a second ago"),
      };
    lastFetchAt = now();
    if (known.size >= MAX_CERTIFICATES) known.clear();
    const fetched = fetchCertificate(url, fetchFromSmn);
    known.set(url, { fetched, fetchedAt: lastFetchAt });
    if ((await fetched).kind === "unavailable") known.delete(url);
    return fetched;
  };
}

async function fetchCertificate(url: string, fetchFromSmn: FetchFromSmn): Promise<FetchedCertificate> {
  try {
    const { status, text } = await fetchFromSmn(url, { timeLimitMs: FETCH_MS, maxBytes: MAX_BYTES });
    if (status !== 200) throw new Error(`SMN responded with the HTTP status ${status}`);
    return { kind: "certificate", certificate: new X509Certificate(text) };
  } catch (cause) {
    return { kind: "unavailable", cause };
  }
}

/**
 * Confirms that the service wants the messages of an SMN topic. The caller must check the host of the URL and the
 * signature of the message first.
 * @throws an error if SMN did not confirm the subscription.
 */
export async function confirmVerifiedSmnSubscriptionOrThrow(
  url: string,
  fetchFromSmn: FetchFromSmn,
): Promise<void> {
  const { status } = await fetchFromSmn(url, { timeLimitMs: FETCH_MS, maxBytes: MAX_BYTES });
  if (status < 200 || status > 299) throw new Error(`SMN responded with the HTTP status ${status}`);
}
