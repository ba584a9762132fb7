import * as z from "zod/mini";
import type { Instant } from "../domain/job.ts";
import { readRetryAfterSeconds, toSqsWaitSeconds } from "../http/retry-after.ts";
import {
  delivered,
  parseJsonBody,
  rejected,
  retry,
  throttled,
  verdictOfCommonStatus,
} from "./attempt-verdict.ts";
import type { AttemptVerdict, ReceiverAnswer } from "./channel.ts";

/**
 * Returns the verdict for the response of a chat. `own` is the verdict by the vendor's own words, or null if the
 * response does not have the form that the vendor documents. Only the vendor's own words can mean `delivered` or
 * `gone`, because a proxy, a sign-in page or a content delivery network may answer with any HTTP status.
 * `defaultThrottleSeconds` is the wait after a response with the HTTP status 429 that asks for no wait.
 */
export function verdictOfChatAnswer(
  answer: ReceiverAnswer,
  own: AttemptVerdict | null,
  now: Instant,
  defaultThrottleSeconds: number | null,
): AttemptVerdict {
  const { status } = answer;
  const afterSeconds = readWaitSeconds(answer, now);
  const isThrottled = status === 429 || own?.spent === false;
  if (isThrottled) return throttled(afterSeconds ?? own?.afterSeconds ?? defaultThrottleSeconds);
  return verdictOfCommonStatus(status, afterSeconds) ?? own ?? verdictOfUnknownAnswer(answer, afterSeconds);
}

/** Discord and Slack repeat the wait of the header Retry-After in the body. In Discord the body has a fraction. */
const WaitBody = z.object({ retry_after: z.number().check(z.minimum(0)) });

function readWaitSeconds({ headers, body }: ReceiverAnswer, now: Instant): number | null {
  const seconds = parseJsonBody(WaitBody, body)?.retry_after;
  const fromBody = seconds === undefined ? null : toSqsWaitSeconds(seconds);
  return readRetryAfterSeconds(headers["retry-after"], now) ?? fromBody;
}

/**
 * The number of an error of Cloudflare, which is in front of Discord, in a text or in a web page.
 * https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-1xxx-errors/
 */
const CLOUDFLARE_ERROR = /(?:\berror(?: code)?:? |cf-error-code">)(1\d{3})\b/i;
const CLOUDFLARE_RATE_LIMIT = "1015";

/** Returns the verdict for a response that the chat itself did not send. The notification is sent again. */
function verdictOfUnknownAnswer(
  { status, headers, body }: ReceiverAnswer,
  afterSeconds: number | null,
): AttemptVerdict {
  const [, cloudflareError] = CLOUDFLARE_ERROR.exec(body) ?? [];
  if (cloudflareError === CLOUDFLARE_RATE_LIMIT) return throttled(afterSeconds);
  if (cloudflareError !== undefined) return retry("cloudflare_refused", afterSeconds);
  if (status === 413) return retry("payload_refused", afterSeconds);
  const text = body.trim();
  const isWebPage = text.startsWith("<") || (text !== "" && /html/i.test(headers["content-type"] ?? ""));
  return retry(isWebPage ? "web_page" : "unreadable_answer", afterSeconds);
}

/** The result code in the body of a response, and the vendor's text about the result. */
export interface ResultCode {
  readonly code: number;
  readonly text: string;
}

/** The texts with which DingTalk, Feishu and WeCom say that a sender exceeded a rate limit. */
const RATE_LIMIT_TEXT = /too many (request|message|call)|too fast|freq|rate.?limit|限流|频率|频繁|太快/i;

/**
 * Returns the verdict for a response with a result code. Code 0 with the HTTP status 200 means success. A result code
 * without an entry in `verdictByCode` means that the chat refuses the message, unless the text of the response names a
 * rate limit. Returns null if the response has no result code, or code 0 with a different HTTP status.
 */
export function verdictOfResultCode(
  status: number,
  result: ResultCode | undefined,
  verdictByCode: Readonly<Record<number, AttemptVerdict>>,
): AttemptVerdict | null {
  if (result === undefined) return null;
  const { code, text } = result;
  if (code === 0) return status === 200 ? delivered() : null;
  const known = verdictByCode[code];
  if (known !== undefined) return known;
  return RATE_LIMIT_TEXT.test(text) ? throttled(null) : rejected("payload_refused");
}
