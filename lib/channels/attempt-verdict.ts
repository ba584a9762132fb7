import "../domain/zod-fields.ts";
import type * as z from "zod/mini";
import type { Verdict } from "../domain/job.ts";
import { parseJson } from "../domain/json.ts";
import { EGRESS_REFUSED } from "../http/egress-rules.ts";
import { DEADLINE_PASSED, REQUEST_INVALID } from "../http/send-http-request.ts";
import { isCertificateError } from "../http/tls-options.ts";
import type { AttemptVerdict } from "./channel.ts";
import type { DeliveryReason } from "./delivery-reason.ts";

export const delivered = (reason: "ok" | "accepted" | "simpler_form" = "ok"): AttemptVerdict =>
  final("delivered", reason);
export const rejected = (reason: DeliveryReason): AttemptVerdict => final("rejected", reason);
export const gone = (reason: "target_gone" | "target_disabled" = "target_gone"): AttemptVerdict =>
  final("gone", reason);

function final(verdict: Verdict, reason: DeliveryReason): AttemptVerdict {
  return { verdict, reason, afterSeconds: null, spent: true };
}

/**
 * Returns the verdict to send a notification again at the next time of the retry schedule, but not before
 * `afterSeconds` seconds have passed.
 */
export function retry(reason: DeliveryReason, afterSeconds: number | null = null): AttemptVerdict {
  return { verdict: "retry", reason, afterSeconds, spent: true };
}

/**
 * Returns the verdict to send a notification again later, because the target limits the rate of messages. A delivery
 * attempt that exceeds this rate limit does not count against the retry schedule.
 */
export function throttled(afterSeconds: number | null): AttemptVerdict {
  return { verdict: "retry", reason: "throttled", afterSeconds, spent: false };
}

/**
 * Parses the JSON body of a target's response, with or without a byte order mark. Returns undefined if the response body
 * is not JSON or does not match the schema.
 */
export function parseJsonBody<T>(schema: z.ZodMiniType<T>, body: string): T | undefined {
  // The method `trim` also removes a byte order mark.
  return schema.safeParse(parseJson(body.trim())).data;
}

export const isSuccess = (status: number): boolean => status >= 200 && status < 300;

/**
 * Returns the verdict for an HTTP status that means the same in every channel (RFC 9110, section 15), although a proxy
 * may have sent the status. Returns null for an HTTP status that each channel interprets itself. `afterSeconds` is the
 * wait that the response asks for, or null.
 */
export function verdictOfCommonStatus(status: number, afterSeconds: number | null): AttemptVerdict | null {
  if (status === 429) return throttled(afterSeconds);
  if (status === 408 || status === 425) return retry("client_error", afterSeconds);
  if (status >= 500) return retry("server_error", afterSeconds);
  if (status >= 300 && status < 400) return rejected("redirect_refused");
  if (status < 200) return retry("unexpected_status");
  return null;
}

/** The error codes of a connection to a refused address. Some other HTTP clients use the error code "SSRF_REFUSED". */
const REFUSED_CODES: ReadonlySet<string> = new Set([EGRESS_REFUSED, "SSRF_REFUSED"]);

const TIMEOUT_CODES: ReadonlySet<string> = new Set([
  DEADLINE_PASSED,
  "ETIMEDOUT",
  "ESOCKETTIMEDOUT",
  "ERR_SOCKET_CONNECTION_TIMEOUT",
]);

/**
 * The start of the error codes of Node.js for a response that is not valid HTTP. The receiver may have accepted the
 * notification before such a response.
 */
const PARSER_CODE_PREFIX = "HPE_";

/** The error codes of OpenSSL for a TLS handshake that the server refused. Some servers require a client certificate. */
const HANDSHAKE_CODE = /^(EPROTO|ERR_SSL_.*)$/;

const NAME_CODES: ReadonlySet<string> = new Set(["ENOTFOUND", "EAI_AGAIN", "ENODATA", "ESERVFAIL"]);

/**
 * Returns the verdict for a delivery attempt that failed with a network error code, before a complete response arrived.
 * The verdict for an unknown network error code is `retry`.
 */
export function verdictOfNetworkError(code: string): AttemptVerdict {
  if (REFUSED_CODES.has(code)) return rejected("egress_private_address");
  if (isCertificateError(code)) return rejected("certificate_refused");
  if (code === REQUEST_INVALID) return rejected("request_invalid");
  if (TIMEOUT_CODES.has(code)) return retry("timeout");
  if (NAME_CODES.has(code)) return retry("name_not_found");
  if (code.startsWith(PARSER_CODE_PREFIX)) return retry("invalid_http");
  if (HANDSHAKE_CODE.test(code)) return retry("tls_refused");
  if (code.startsWith("PROXY_")) return retry("proxy_failed");
  return retry("connection_failed");
}
