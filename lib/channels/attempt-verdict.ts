import * as z from "zod/mini";
import type { Instant, Verdict } from "../domain/job.ts";
import { isJsonObject, parseJsonOrUndefined, unwrapSingleEntriesOrEmpty } from "../domain/json.ts";
import { NumberOrMissing } from "../domain/zod-fields.ts";
import { EGRESS_REFUSED } from "../http/egress-rules.ts";
import { readCappedRetryAfterSeconds, toSqsWaitSeconds } from "../http/retry-after.ts";
import { DEADLINE_PASSED, REQUEST_INVALID } from "../http/send-http-request.ts";
import { isCertificateError } from "../http/tls-options.ts";
import type { AttemptVerdict, ReceiverAnswer } from "./channel.ts";
import type { DeliveryReason } from "./delivery-reason.ts";

/**
 * The response body in which Discord and Slack repeat the wait of the header Retry-After. Discord sends a wait with a
 * fraction of a second.
 */
const WaitBody = z.object({ retry_after: NumberOrMissing });

/**
 * Matches the number of a Cloudflare error in a text or in a web page. Cloudflare is a proxy in front of Discord.
 * https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-1xxx-errors/
 */
const CLOUDFLARE_ERROR =
  /(?:\berror(?:[ _]code)?(?:"?: ?| )|cf-error-code">|>error<\/span>\s*<span>)(1\d{3})\b/i;
const CLOUDFLARE_RATE_LIMIT = "1015";
/** Matches a web page in which Cloudflare refuses a request without an error number. */
const CLOUDFLARE_PAGE = /\| Cloudflare<\/title>|\/cdn-cgi\/challenge-platform\//i;

/** Matches the text of a chat which says that the sender exceeded a rate limit. */
const RATE_LIMIT_TEXT =
  /too\s+many\s+(request|message|call)|too\s+(fast|often)|freq|rate.?(limit|exceed)|限流|流控|频率|频次|频繁|过快|太快|暂时禁用/i;
/** Matches the text of a chat which says that an error is temporary. */
const BUSY_TEXT =
  /(internal|fatal)[ _]((server|network)[ _])?error|(system|server) (is )?busy|[ _]unavailable|overloaded|try again|timed? ?out|繁忙|内部错误|稍后再?试|超时/i;

/** Matches the text of a chat which says that the chat does not accept the sender, for example its IP address. */
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
 * Returns the verdict that the service sends the notification again at the next time of the retry schedule, but not
 * before `afterSeconds` seconds have passed.
 */
export function retryOnSchedule(
  reason: DeliveryReason,
  minWaitSeconds: number | null = null,
): AttemptVerdict {
  return { verdict: "retry", reason, afterSeconds: minWaitSeconds, spent: true };
}

/**
 * Returns the verdict that the service sends the notification again later, because the target limits the rate of
 * messages. A delivery attempt that exceeds the rate limit does not count against the retry schedule.
 */
export function retryWithoutSpendingAttempt(afterSeconds: number | null): AttemptVerdict {
  return { verdict: "retry", reason: "throttled", afterSeconds, spent: false };
}

/**
 * Parses the JSON body of a target's response, with or without a byte order mark. The field names in the body may be in
 * upper or lower case. The field names in `schema` must be in lower case. Returns undefined if the body is not JSON or
 * does not match the schema.
 */
export function parseJsonBodyIgnoringCase<T>(lowerCaseSchema: z.ZodMiniType<T>, body: string): T | undefined {
  // The function `trim` also removes a byte order mark.
  return lowerCaseSchema.safeParse(withLowerCaseNames(parseJsonOrUndefined(body.trim()))).data;
}

/**
 * Parses the body of a response like `parseJsonBodyIgnoringCase`, even if the object is inside another object or array.
 * Use this function only for field names that no other service uses, such as `errcode`. For example,
 * `{"error":{"code":404}}` may come from any proxy.
 */
export function parseWrappedJsonBodyIgnoringCase<T>(
  lowerCaseSchema: z.ZodMiniType<T>,
  body: string,
): T | undefined {
  return lowerCaseSchema.safeParse(
    withLowerCaseNames(unwrapSingleEntriesOrEmpty(parseJsonOrUndefined(body.trim()))),
  ).data;
}

/**
 * Returns a copy of a JSON value with field names in lower case, up to the given depth of nesting. If two field names
 * differ only in case, the field whose name is in lower case has priority.
 */
function withLowerCaseNames(value: unknown, levels = 2): unknown {
  if (!isJsonObject(value) || levels === 0) return value;
  const fields = Object.entries(value).map(([name, inner]) => [name, withLowerCaseNames(inner, levels - 1)]);
  const inLowerCase = fields.map(([name, inner]) => [String(name).toLowerCase(), inner]);
  return Object.fromEntries([...inLowerCase, ...fields]);
}

export const isSuccessStatus = (status: number): boolean => status >= 200 && status < 300;

/**
 * Returns the verdict for an HTTP status that means the same in every channel (RFC 9110, section 15), even if a proxy
 * sent the status. Returns null for any other HTTP status. `afterSeconds` is the wait that the response asks for, in
 * seconds, or null.
 */
export function verdictOfStatusCommonToAllChannels(
  status: number,
  afterSeconds: number | null,
): AttemptVerdict | null {
  if (status === 429) return retryWithoutSpendingAttempt(afterSeconds);
  if (status === 408 || status === 425) return retryOnSchedule("client_error", afterSeconds);
  if (status >= 600) return retryOnSchedule("unexpected_status", afterSeconds);
  if (status >= 500) return retryOnSchedule("server_error", afterSeconds);
  if (status >= 300 && status < 400) return rejected("redirect_refused");
  if (status < 200) return retryOnSchedule("unexpected_status");
  return null;
}

/**
 * The error codes for a connection to an address that the egress rules refuse. Some HTTP clients use the error code
 * "SSRF_REFUSED".
 */
const REFUSED_CODES: ReadonlySet<string> = new Set([EGRESS_REFUSED, "SSRF_REFUSED"]);

const TIMEOUT_CODES: ReadonlySet<string> = new Set([
  DEADLINE_PASSED,
  "ETIMEDOUT",
  "ESOCKETTIMEDOUT",
  "ERR_SOCKET_CONNECTION_TIMEOUT",
]);

/**
 * The beginning of the error codes of Node.js for a response that is not valid HTTP. The target may have accepted the
 * notification although its response is not valid HTTP.
 */
const PARSER_CODE_PREFIX = "HPE_";

/**
 * Matches the error codes of OpenSSL for a TLS handshake that the server refused. A server may refuse the handshake
 * because it requires a client certificate.
 */
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
  if (TIMEOUT_CODES.has(code)) return retryOnSchedule("timeout");
  if (NAME_CODES.has(code)) return retryOnSchedule("name_not_found");
  if (code.startsWith(PARSER_CODE_PREFIX)) return retryOnSchedule("invalid_http");
  if (HANDSHAKE_CODE.test(code)) return retryOnSchedule("tls_refused");
  if (code.startsWith("PROXY_")) return retryOnSchedule("proxy_failed");
  return retryOnSchedule("connection_failed");
}

/**
 * Returns the verdict for the response of a chat. The verdict is `delivered` or `gone` only if the response has the
 * form that the vendor documents. The HTTP status alone is not enough, because a proxy or a sign-in page may answer
 * with any HTTP status. An HTTP status that means the same in every channel, such as 503, has priority over the
 * documented response.
 * @param documentedVerdict the verdict from the form of response that the vendor documents. `documentedVerdict` is null
 * for a response in any other form.
 * @param defaultThrottleSeconds the wait in seconds after HTTP status 429, if the response contains no wait
 */
export function verdictOfChatAnswer(
  answer: ReceiverAnswer,
  documentedVerdict: AttemptVerdict | null,
  now: Instant,
  defaultThrottleSeconds: number | null,
): AttemptVerdict {
  const { status } = answer;
  const afterSeconds = readWaitSeconds(answer, now);
  const isThrottled = status === 429 || documentedVerdict?.spent === false;
  if (isThrottled)
    return retryWithoutSpendingAttempt(
      afterSeconds ?? documentedVerdict?.afterSeconds ?? defaultThrottleSeconds,
    );
  return (
    verdictOfStatusCommonToAllChannels(status, afterSeconds) ??
    documentedVerdict ??
    verdictOfUnknownAnswer(answer, afterSeconds)
  );
}

function readWaitSeconds({ headers, body }: ReceiverAnswer, now: Instant): number | null {
  const seconds = parseJsonBodyIgnoringCase(WaitBody, body)?.retry_after;
  const fromBody = seconds === undefined || seconds < 0 ? null : toSqsWaitSeconds(seconds);
  return readCappedRetryAfterSeconds(headers["retry-after"], now) ?? fromBody;
}

/** Returns the verdict, which is always `retry`, for a response that the chat itself did not send. */
function verdictOfUnknownAnswer(
  { status, headers, body }: ReceiverAnswer,
  afterSeconds: number | null,
): AttemptVerdict {
  const [, cloudflareError] = CLOUDFLARE_ERROR.exec(body) ?? [];
  if (cloudflareError === CLOUDFLARE_RATE_LIMIT) return retryWithoutSpendingAttempt(afterSeconds);
  const isCloudflarePage = "cf-mitigated" in headers || CLOUDFLARE_PAGE.test(body);
  if (cloudflareError !== undefined || isCloudflarePage)
    return retryOnSchedule("cloudflare_refused", afterSeconds);
  if (status === 413) return retryOnSchedule("payload_refused", afterSeconds);
  const text = body.trim();
  const isWebPage = text.startsWith("<") || (text !== "" && /html/i.test(headers["content-type"] ?? ""));
  return retryOnSchedule(isWebPage ? "web_page" : "unreadable_answer", afterSeconds);
}

/**
 * Returns the verdict for an error of a chat that has a text but no known error code. The chat has refused the message,
 * unless the text says that the sender exceeded a rate limit, that the error is temporary, or that the chat does not
 * accept the sender.
 */
export function rejectedUnlessTextSaysTemporary(text: string): AttemptVerdict {
  if (RATE_LIMIT_TEXT.test(text)) return retryWithoutSpendingAttempt(null);
  if (BUSY_TEXT.test(text)) return retryOnSchedule("receiver_busy");
  return rejected(ACCESS_TEXT.test(text) ? "access_refused" : "payload_refused");
}

/**
 * Returns true for a result code that repeats an HTTP status. The error pages of gateways contain such codes, for
 * example `{"code":404,"msg":"Not Found"}`. No chat has result codes in this range, except for a URL that does not
 * exist.
 */
export const isInRangeOfHttpStatuses = (code: number): boolean => code >= 100 && code < 600;

/**
 * Returns the verdict for the response of a chat that sends result codes. The result code 0 with the HTTP status 200
 * means success. For a result code that is not in `verdictByCode`, the verdict depends on the text of the response.
 * Returns null if the response has no result code, a result code that repeats an HTTP status, or the result code 0 with
 * another HTTP status.
 * @param code the result code in the response body, or undefined if there is no result code
 * @param text the vendor's text about the result
 */
export function verdictOfResultCodeOrText(
  status: number,
  { code, text }: { readonly code: number | undefined; readonly text: string },
  verdictByCode: Readonly<Record<number, AttemptVerdict | undefined>>,
): AttemptVerdict | null {
  if (code === undefined) return null;
  if (code === 0) return status === 200 ? delivered() : null;
  if (isInRangeOfHttpStatuses(code)) return code === 429 ? retryWithoutSpendingAttempt(null) : null;
  return verdictByCode[code] ?? rejectedUnlessTextSaysTemporary(text);
}
