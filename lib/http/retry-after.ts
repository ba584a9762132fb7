import type { Instant } from "../domain/job.ts";
import { SQS_MAX_VISIBILITY_SECONDS } from "../domain/sqs-limits.ts";

const SECONDS = /^\d+(\.\d+)?$/;
const IMF_FIXDATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;
const RFC_850 = /^[A-Z][a-z]{5,8}, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/;
const ASCTIME = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/;

/**
 * Reads a Retry-After header (RFC 9110, section 10.2.3): seconds, or any of the three forms of an HTTP date.
 * Answers whole seconds from `now`, rounded up, at most the 12 hours a queue can wait; 0 for a date in the past;
 * null for anything else, negative numbers included, because a wait nobody understands is no wait.
 */
export function readRetryAfter(header: string | undefined, now: Instant): number | null {
  const text = header?.trim() ?? "";
  if (SECONDS.test(text)) return wholeSeconds(Number(text));
  const at = readHttpDate(text);
  return at === null ? null : wholeSeconds(Math.max(0, (at - now) / 1000));
}

/** Any of the three forms of an HTTP date (RFC 9110, section 5.6.7); null for anything else. */
export function readHttpDate(header: string | undefined): Instant | null {
  const text = header?.trim() ?? "";
  const zoned = IMF_FIXDATE.test(text) || RFC_850.test(text);
  if (!zoned && !ASCTIME.test(text)) return null;
  const at = Date.parse(zoned ? text : `${text} GMT`);
  return Number.isNaN(at) ? null : at;
}

/** Whole seconds within what a queue can wait. */
export function wholeSeconds(seconds: number): number {
  return Math.min(Math.ceil(seconds), SQS_MAX_VISIBILITY_SECONDS);
}
