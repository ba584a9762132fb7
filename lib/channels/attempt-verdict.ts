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

/** Send again, by the retry schedule. The wait is at least `afterSeconds`. */
export function retry(reason: DeliveryReason, afterSeconds: number | null = null): AttemptVerdict {
  return { verdict: "retry", reason, afterSeconds, spent: true };
}

/** Send again later. The receiver works and only limits the rate, so the attempt does not count. */
export function throttled(afterSeconds: number | null): AttemptVerdict {
  return { verdict: "retry", reason: "throttled", afterSeconds, spent: false };
}

/**
 * The verdict of an answer whose status is 200 for success and failure, and whose code decides. 0 is success. Undefined:
 * the body has no code. `verdicts` has the codes that do not reject the notification.
 */
export function verdictOfAnswerCode(
  answer: ReceiverAnswer,
  now: Instant,
  code: number | undefined,
  verdicts: Readonly<Record<number, AttemptVerdict>>,
): AttemptVerdict {
  const general = verdictOfStatus(answer, now);
  if (general !== null) return general;
  if (code !== undefined && code !== 0) return verdicts[code] ?? rejected("payload_refused");
  if (!isSuccess(answer.status)) return rejected("payload_refused");
  return code === 0 ? delivered() : retry("unreadable_answer");
}

/** Parses the JSON body of an answer. Undefined: the body is not JSON, or does not match the schema. */
export function parseJsonBody<T>(schema: z.ZodMiniType<T>, body: string): T | undefined {
  return schema.safeParse(parseJson(body)).data;
}

export const isSuccess = (status: number): boolean => status >= 200 && status < 300;

/**
 * The verdict of an HTTP status that means the same in every channel (RFC 9110, section 15). Null: the channel decides.
 * A redirect is never followed. 429 is not a failure. 410 is final. `throttledSeconds` is the wait when a 429 names none.
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

/** "SSRF_REFUSED" is the name that other HTTP clients use. */
const REFUSED_CODES: ReadonlySet<string> = new Set([EGRESS_REFUSED, "SSRF_REFUSED"]);

/**
 * Codes of a certificate that does not prove to belong to the called host. Node takes them from OpenSSL.
 * https://nodejs.org/api/tls.html#x509-certificate-error-codes
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

/** The verdict of an attempt without a complete answer, by the network's error code. An unknown code means: send again. */
export function verdictOfNetworkError(code: string): AttemptVerdict {
  if (REFUSED_CODES.has(code)) return rejected("egress_private_address");
  if (CERTIFICATE_CODES.some((pattern) => pattern.test(code))) return rejected("certificate_refused");
  if (code === REQUEST_INVALID) return rejected("request_invalid");
  if (TIMEOUT_CODES.has(code)) return retry("timeout");
  if (NAME_CODES.has(code)) return retry("name_not_found");
  return retry("connection_failed");
}
