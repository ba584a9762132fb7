import type { Instant } from "../domain/job.ts";
import { SQS_MAX_VISIBILITY_SECONDS } from "../domain/sqs-limits-and-leases.ts";

const SECONDS = /^\d+(\.\d+)?$/;
const IMF_FIXDATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;
const RFC_850 = /^[A-Z][a-z]{5,8}, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/;
const ASCTIME = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/;

/**
 * Matches the comma between two values of a repeated header. The pattern does not match the comma after the weekday in
 * an HTTP date.
 */
const SEPARATOR = /(?<=\d|GMT),/;

/**
 * Parses the header Retry-After, which contains seconds or an HTTP date (RFC 9110, section 10.2.3). Returns the wait
 * from `now`, rounded up to whole seconds. A longer wait than 12 hours becomes 12 hours, because SQS does not allow a
 * longer visibility timeout. For a date in the past, the result is 0. If the header contains several values, for
 * example because a proxy repeated it, the function uses the longest wait. If a value is invalid, such as a negative
 * number, the result is null.
 */
export function readCappedRetryAfterSeconds(header: string | undefined, now: Instant): number | null {
  const waits = (header ?? "").split(SEPARATOR).map((text) => readSeconds(text.trim(), now));
  return waits.includes(null) ? null : ceilSecondsCappedToSqsVisibility(Math.max(0, ...waits.map(Number)));
}

function readSeconds(text: string, now: Instant): number | null {
  if (SECONDS.test(text)) return Number(text);
  const at = parseHttpDate(text);
  return at === null ? null : (at - now) / 1000;
}

/** Parses an HTTP date (RFC 9110, section 5.6.7). If the text is not an HTTP date, the result is null. */
export function parseHttpDate(header: string | undefined): Instant | null {
  const text = header?.trim() ?? "";
  const zoned = IMF_FIXDATE.test(text) || RFC_850.test(text);
  if (!zoned && !ASCTIME.test(text)) return null;
  const at = Date.parse(zoned ? text : `${text} GMT`);
  return Number.isNaN(at) ? null : at;
}

/**
 * Rounds a wait up to whole seconds. A wait of more than 12 hours becomes 12 hours, because SQS does not allow a longer
 * visibility timeout.
 */
export function ceilSecondsCappedToSqsVisibility(seconds: number): number {
  return Math.min(Math.ceil(seconds), SQS_MAX_VISIBILITY_SECONDS);
}
