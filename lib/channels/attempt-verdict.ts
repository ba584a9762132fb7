import * as z from "zod/mini";
import type { Instant, Verdict } from "../domain/job.ts";
import { isJsonObject, parseJsonOrUndefined, unwrapSingleEntriesOrEmpty } from "../domain/json.ts";
import { NumberOrMissing } from "../domain/zod-fields.ts";
import { EGRESS_REFUSED } from "../http/egress-rules.ts";
import { ceilSecondsCappedToSqsVisibility, readCappedRetryAfterSeconds } from "../http/retry-after.ts";
import { DEADLINE_PASSED, REQUEST_INVALID } from "../http/send-http-request.ts";
import { isCertificateError } from "../http/tls-options.ts";
import type { AttemptVerdict, ReceiverAnswer } from "./channel.ts";
import type { DeliveryReason } from "./delivery-reason.ts";

/**
 * Discord and Slack also send the value of the header Retry-After in the response body. Discord sends fractions of a
 * second, for example 1.5.
 */
const WaitBody = z.object({ retry_after: NumberOrMissing });

/**
 * Matches the error number on a page of Cloudflare. Cloudflare is a proxy in front of Discord.
 * https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-1xxx-errors/
 */
const CLOUDFLARE_ERROR =
  /(?:\berror(?:[ _]code)?(?:"?: ?| )|cf-error-code">|>error<\/span>\s*<span>)(1\d{3})\b/i;
const CLOUDFLARE_RATE_LIMIT = "1015";
/** Matches a Cloudflare web page that refuses a request without an error number. */
const CLOUDFLARE_PAGE = /\| Cloudflare<\/title>|\/cdn-cgi\/challenge-platform\//i;

/** Matches an error text of a chat about an exceeded rate limit. */
const RATE_LIMIT_TEXT =
  /too\s+many\s+(request|message|call)|too\s+(fast|often)|freq|rate.?(limit|exceed)|限流|流控|频率|频次|频繁|过快|太快|暂时禁用/i;
/** Matches an error text of a chat about a temporary error. */
const BUSY_TEXT =
  /(internal|fatal)[ _]((server|network)[ _])?error|(system|server) (is )?busy|[ _]unavailable|overloaded|try again|timed? ?out|繁忙|内部错误|稍后再?试|超时/i;

/** Matches an error text of a chat that refuses the sender, for example because of an IP address. */
const ACCESS_TEXT =
  /white ?list|allow ?list|\byour ip\b|ip not allowed|permission|access.?token|白名单|权限|已停用|已禁用/i;

export const delivered = (reason: "ok" | "accepted" | "simpler_form" = "ok"): AttemptVerdict =>
  final("delivered", reason);
export const rejected = (reason: DeliveryReason): AttemptVerdict => final("rejected", reason);
export const gone = (reason: "target_gone" | "target_disabled" = "target_gone"): AttemptVerdict =>
  final("gone", reason);

function final(verdict: Verdict, reason: DeliveryReason): AttemptVerdict {
  return { verdict, reason, afterSeconds: null, spent: true };
}

/**
 * Returns the verdict `retry`. The service sends the notification again at the next time of the retry schedule. The
 * service waits at least `minWaitSeconds` seconds.
 */
export function retryOnSchedule(
  reason: DeliveryReason,
  minWaitSeconds: number | null = null,
): AttemptVerdict {
  return { verdict: "retry", reason, afterSeconds: minWaitSeconds, spent: true };
}

/**
 * Returns the verdict `retry` for a target that limits the rate of messages. A throttled attempt does not count as an
 * attempt of the retry schedule.
 */
export function retryThrottledWithoutSpendingAttempt(afterSeconds: number | null): AttemptVerdict {
  return { verdict: "retry", reason: "throttled", afterSeconds, spent: false };
}

/**
 * Parses the JSON body of a response. Field names in the body may be in upper or lower case, but field names in the
 * schema must be in lower case. If the body is not JSON or does not match the schema, the result is undefined.
 */
export function parseJsonBodyIgnoringCase<T>(lowerCaseSchema: z.ZodMiniType<T>, body: string): T | undefined {
  // The function `trim` removes white space and a byte order mark.
  return lowerCaseSchema.safeParse(withLowerCaseNames(parseJsonOrUndefined(body.trim()))).data;
}

/**
 * Does the same as `parseJsonBodyIgnoringCase`, but also finds a JSON object inside another object or array. The schema
 * must contain a field that no other service uses, such as `errcode`. A name such as `code` is not enough, because any
 * proxy may send `{"error":{"code":404}}`.
 */
export function parseJsonBodyEvenIfWrappedIgnoringCase<T>(
  lowerCaseSchema: z.ZodMiniType<T>,
  body: string,
): T | undefined {
  return lowerCaseSchema.safeParse(
    withLowerCaseNames(unwrapSingleEntriesOrEmpty(parseJsonOrUndefined(body.trim()))),
  ).data;
}

/**
 * Returns a copy of a value with lower-case field names, up to the given depth. If two names differ only in case, the
 * function uses the value of the lower-case name.
 */
function withLowerCaseNames(value: unknown, levels = 2): unknown {
  if (!isJsonObject(value) || levels === 0) return value;
  const fields = Object.entries(value).map(([name, inner]) => [name, withLowerCaseNames(inner, levels - 1)]);
  const inLowerCase = fields.map(([name, inner]) => [String(name).toLowerCase(), inner]);
  return Object.fromEntries([...inLowerCase, ...fields]);
}

export const isSuccessStatus = (status: number): boolean => status >= 200 && status < 300;

/**
 * Returns the verdict for an HTTP status that means the same in every channel (RFC 9110, section 15). For any other
 * status, the result is null. `afterSeconds` is the wait that the response requests, or null.
 */
export function verdictOfRedirectOrTemporaryStatus(
  status: number,
  afterSeconds: number | null,
): AttemptVerdict | null {
  if (status === 429) return retryThrottledWithoutSpendingAttempt(afterSeconds);
  if (status === 408 || status === 425) return retryOnSchedule("client_error", afterSeconds);
  if (status >= 600) return retryOnSchedule("unexpected_status", afterSeconds);
  if (status >= 500) return retryOnSchedule("server_error", afterSeconds);
  if (status >= 300 && status < 400) return rejected("redirect_refused");
  if (status < 200) return retryOnSchedule("unexpected_status");
  return null;
}

/**
 * The error codes of a connection that the egress rules refused. Some HTTP clients use the code "SSRF_REFUSED" for such
 * a connection.
 */
const REFUSED_CODES: ReadonlySet<string> = new Set([EGRESS_REFUSED, "SSRF_REFUSED"]);

const TIMEOUT_CODES: ReadonlySet<string> = new Set([
  DEADLINE_PASSED,
  "ETIMEDOUT",
  "ESOCKETTIMEDOUT",
  "ERR_SOCKET_CONNECTION_TIMEOUT",
]);

/**
 * Node.js error codes begin with `PARSER_CODE_PREFIX` if a response is not valid HTTP. If the response is not valid
 * HTTP, the target may still have accepted the notification.
 */
const PARSER_CODE_PREFIX = "HPE_";

/** Matches OpenSSL error codes for a refused TLS handshake. The server may require a client certificate. */
const HANDSHAKE_CODE = /^(EPROTO|ERR_SSL_.*)$/;

const NAME_CODES: ReadonlySet<string> = new Set(["ENOTFOUND", "EAI_AGAIN", "ENODATA", "ESERVFAIL"]);

/**
 * Returns the verdict for a delivery attempt that ended with a network error. If the error code is unknown, the verdict
 * is `retry`.
 */
export function verdictOfNetworkError(code: string): AttemptVerdict {
  if (REFUSED_CODES.has(code)) return rejected("egress_private_address");
  if (isCertificateError(code)) return rejected("certificate_refused");
  if (code === REQUEST_INVALID) return rejected("request_invalid");
  if (TIMEOUT_CODES.has(code)) return retryOnSchedule("timeout");
  if (NAME_CODES.has(code)) return retryOnSchedule("name_not_found");
  if (code.startsWith(PARSER_CODE_PREFIX)) return retryOnSchedule("invalid_http");
  if (HANDSHAKE_CODE.test(code)) return retryOnSchedule("tls_refused");
  if (code.startsWith("PROXY_")) return retryOnSchedule("proxy_failed");
  return retryOnSchedule("connection_failed");
}

/**
 * Returns the verdict for the response of a chat to a delivery attempt. Only a response that the vendor documents can
 * have the verdict `delivered` or `gone`. The HTTP status alone does not prove a delivery, because a proxy or a sign-in
 * page may send the same status. The function first checks for an HTTP status that all chats use in the same way, such
 * as 503.
 * @param documentedVerdict the verdict according to the vendor's documentation. `documentedVerdict` is null if the
 * vendor does not document the response.
 * @param defaultThrottleSeconds the wait after HTTP status 429 if the response contains no wait
 */
export function verdictOfCommonStatusElseOfDocumentedAnswer(
  answer: ReceiverAnswer,
  documentedVerdict: AttemptVerdict | null,
  now: Instant,
  defaultThrottleSeconds: number | null,
): AttemptVerdict {
  const { status } = answer;
  const afterSeconds = readWaitSeconds(answer, now);
  const isThrottled = status === 429 || documentedVerdict?.spent === false;
  if (isThrottled)
    return retryThrottledWithoutSpendingAttempt(
      afterSeconds ?? documentedVerdict?.afterSeconds ?? defaultThrottleSeconds,
    );
  return (
    verdictOfRedirectOrTemporaryStatus(status, afterSeconds) ??
    documentedVerdict ??
    verdictOfUnknownAnswer(answer, afterSeconds)
  );
}

function readWaitSeconds({ headers, body }: ReceiverAnswer, now: Instant): number | null {
  const seconds = parseJsonBodyIgnoringCase(WaitBody, body)?.retry_after;
  const fromBody = seconds === undefined || seconds < 0 ? null : ceilSecondsCappedToSqsVisibility(seconds);
  return readCappedRetryAfterSeconds(headers["retry-after"], now) ?? fromBody;
}

/** Returns the verdict `retry` for a response that the chat itself did not send. */
function verdictOfUnknownAnswer(
  { status, headers, body }: ReceiverAnswer,
  afterSeconds: number | null,
): AttemptVerdict {
  const [, cloudflareError] = CLOUDFLARE_ERROR.exec(body) ?? [];
  if (cloudflareError === CLOUDFLARE_RATE_LIMIT) return retryThrottledWithoutSpendingAttempt(afterSeconds);
  const isCloudflarePage = "cf-mitigated" in headers || CLOUDFLARE_PAGE.test(body);
  if (cloudflareError !== undefined || isCloudflarePage)
    return retryOnSchedule("cloudflare_refused", afterSeconds);
  if (status === 413) return retryOnSchedule("payload_refused", afterSeconds);
  const text = body.trim();
  const isWebPage = text.startsWith("<") || (text !== "" && /html/i.test(headers["content-type"] ?? ""));
  return retryOnSchedule(isWebPage ? "web_page" : "unreadable_answer", afterSeconds);
}

/**
 * Returns the verdict for an error text of a chat without a known error code. If the text is about a rate limit or a
 * temporary error, the verdict is `retry`. For all other texts, the verdict is `rejected`.
 */
export function rejectedUnlessTextSaysTemporary(text: string): AttemptVerdict {
  if (RATE_LIMIT_TEXT.test(text)) return retryThrottledWithoutSpendingAttempt(null);
  if (BUSY_TEXT.test(text)) return retryOnSchedule("receiver_busy");
  return rejected(ACCESS_TEXT.test(text) ? "access_refused" : "payload_refused");
}

/**
 * Returns true if the result code in a response is not from a chat, but probably an HTTP status. For example, a gateway
 * may send `{"code":404,"msg":"Not Found"}`. The few codes from 100 to 599 that chats themselves use mean that the URL
 * is unknown.
 */
export const isInRangeOfHttpStatuses = (code: number): boolean => code >= 100 && code < 600;

/**
 * Returns the verdict for a response with a result code, such as `errcode`. The result code 0 together with HTTP status
 * 200 means success. For any other result code, the verdict comes from `verdictByCode`. If `verdictByCode` does not
 * contain the code, the verdict comes from the text in the response. If the response has no result code, the function
 * returns null. For the code 0 with another HTTP status than 200, and for a code that looks like an HTTP status, the
 * function also returns null.
 * @param code the result code, or undefined if the response contains none
 * @param text the text about the result in the response
 */
export function verdictOfResultCodeOrText(
  status: number,
  { code, text }: { readonly code: number | undefined; readonly text: string },
  verdictByCode: Readonly<Record<number, AttemptVerdict | undefined>>,
): AttemptVerdict | null {
  if (code === undefined) return null;
  if (code === 0) return status === 200 ? delivered() : null;
  if (isInRangeOfHttpStatuses(code)) return code === 429 ? retryThrottledWithoutSpendingAttempt(null) : null;
  return verdictByCode[code] ?? rejectedUnlessTextSaysTemporary(text);
}
