import type { Instant } from "../domain/job.ts";
import { SQS_MAX_VISIBILITY_SECONDS } from "../domain/sqs-limits.ts";

const SECONDS = /^\d+(\.\d+)?$/;
const IMF_FIXDATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;
const RFC_850 = /^[A-Z][a-z]{5,8}, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/;
const ASCTIME = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/;

/**
 * Reads a Retry-After header (RFC 9110, section 10.2.3): seconds or an HTTP date. Returns whole seconds from `now`,
 * rounded up. The maximum is the 12 hours that a queue can wait. Returns 0 for a date in the past, and null for any other
 * text, such as a negative number.
 */
export function readRetryAfterSeconds(header: string | undefined, now: Instant): number | null {
  const text = header?.trim() ?? "";
  if (SECONDS.test(text)) return roundUpWaitSeconds(Number(text));
  const at = parseHttpDate(text);
  return at === null ? null : roundUpWaitSeconds(Math.max(0, (at - now) / 1000));
}

/** Reads an HTTP date in one of its three formats (RFC 9110, section 5.6.7). Returns null for any other text. */
export function parseHttpDate(header: string | undefined): Instant | null {
  const text = header?.trim() ?? "";
  const zoned = IMF_FIXDATE.test(text) || RFC_850.test(text);
  if (!zoned && !ASCTIME.test(text)) return null;
  const at = Date.parse(zoned ? text : `${text} GMT`);
  return Number.isNaN(at) ? null : at;
}

/** Rounds up to whole seconds. The maximum is the 12 hours that a queue can wait. */
export function roundUpWaitSeconds(seconds: number): number {
  return Math.min(Math.ceil(seconds), SQS_MAX_VISIBILITY_SECONDS);
}
