import "../domain/zod-fields.ts";
import type * as z from "zod/mini";
import type { Instant, Verdict } from "../domain/job.ts";
import { parseJson } from "../domain/json.ts";
import { EGRESS_REFUSED } from "../http/egress-rules.ts";
import { readRetryAfterSeconds } from "../http/retry-after.ts";
import { DEADLINE_PASSED, REQUEST_INVALID } from "../http/send-http-request.ts";
import type { AttemptVerdict, ReceiverAnswer } from "./channel.ts";
import type { DeliveryReason } from "./delivery-reason.ts";

export const delivered = (reason: "ok" | "accepted" = "ok"): AttemptVerdict => final("delivered", reason);
export const rejected = (reason: DeliveryReason): AttemptVerdict => final("rejected", reason);
export const gone: AttemptVerdict = final("gone", "target_gone");

function final(verdict: Verdict, reason: DeliveryReason): AttemptVerdict {
  return { verdict, reason, afterSeconds: null, spent: true };
}

/** Returns the verdict to send a notification again by the retry schedule, after a wait of at least `afterSeconds`. */
export function retry(reason: DeliveryReason, afterSeconds: number | null = null): AttemptVerdict {
  return { verdict: "retry", reason, afterSeconds, spent: true };
}

/**
 * Returns the verdict to send a notification again later, because the receiver limits the rate of messages. A throttled
 * delivery attempt does not count against the retry schedule.
 */
export function throttled(afterSeconds: number | null): AttemptVerdict {
  return { verdict: "retry", reason: "throttled", afterSeconds, spent: false };
}

/**
 * Returns the verdict for an answer whose body contains a result code. Code 0 means success. An undefined code means
 * that the body has no code. A code without an entry in `verdictByCode` means that the receiver rejected the message.
 */
export function verdictOfAnswerCode(
  answer: ReceiverAnswer,
  now: Instant,
  code: number | undefined,
  verdictByCode: Readonly<Record<number, AttemptVerdict>>,
): AttemptVerdict {
  const general = verdictOfStatus(answer, now);
  if (general !== null) return general;
  if (code !== undefined && code !== 0) return verdictByCode[code] ?? rejected("payload_refused");
  if (!isSuccess(answer.status)) return rejected("payload_refused");
  return code === 0 ? delivered() : retry("unreadable_answer");
}

/** Parses the JSON body of an answer. Returns undefined if the body is not JSON or does not match the schema. */
export function parseJsonBody<T>(schema: z.ZodMiniType<T>, body: string): T | undefined {
  return schema.safeParse(parseJson(body)).data;
}

export const isSuccess = (status: number): boolean => status >= 200 && status < 300;

/**
 * Returns the verdict for an HTTP status that means the same in every channel (RFC 9110, section 15). Returns null for
 * a status that each channel interprets itself. `throttledSeconds` is the wait after a 429 without Retry-After.
 */
export function verdictOfStatus(
  answer: ReceiverAnswer,
  now: Instant,
  throttledSeconds: number | null = null,
): AttemptVerdict | null {
  const { status } = answer;
  const after = () => readRetryAfterSeconds(answer.headers["retry-after"], now);
  if (status === 429) return throttled(after() ?? throttledSeconds);
  if (status === 410) return gone;
  if (status === 408 || status === 425) return retry("client_error", after());
  if (status >= 500) return retry("server_error", after());
  if (status >= 300 && status < 400) return rejected("redirect_refused");
  if (status < 200) return retry("unexpected_status");
  return null;
}

/** Other HTTP clients use the code "SSRF_REFUSED" for a refused address. */
const REFUSED_CODES: ReadonlySet<string> = new Set([EGRESS_REFUSED, "SSRF_REFUSED"]);

/**
 * Node's error codes for a certificate that does not prove the identity of the called host. Most of Node's certificate
 * error codes come from OpenSSL. https://nodejs.org/api/tls.html#x509-certificate-error-codes
 */
const CERTIFICATE_CODES = [
  /^(ERR_TLS_CERT_ALTNAME|CERT|ERROR_IN_CERT|SELF_SIGNED_CERT)_/,
  /^UNABLE_TO_(GET_ISSUER_CERT|VERIFY_LEAF|DECODE_ISSUER|DECRYPT_CERT)/,
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED)$/,
];

const TIMEOUT_CODES: ReadonlySet<string> = new Set([
  DEADLINE_PASSED,
  "ETIMEDOUT",
  "ESOCKETTIMEDOUT",
  "ERR_SOCKET_CONNECTION_TIMEOUT",
]);

const NAME_CODES: ReadonlySet<string> = new Set(["ENOTFOUND", "EAI_AGAIN", "ENODATA", "ESERVFAIL"]);

/**
 * Returns the verdict for a delivery attempt that failed with a network error code, before a complete answer arrived.
 * The verdict for an unknown error code is `retry`.
 */
export function verdictOfNetworkError(code: string): AttemptVerdict {
  if (REFUSED_CODES.has(code)) return rejected("egress_private_address");
  if (CERTIFICATE_CODES.some((pattern) => pattern.test(code))) return rejected("certificate_refused");
  if (code === REQUEST_INVALID) return rejected("request_invalid");
  if (TIMEOUT_CODES.has(code)) return retry("timeout");
  if (NAME_CODES.has(code)) return retry("name_not_found");
  return retry("connection_failed");
}
