import type { Instant } from "../domain/job.ts";

const FIRST_BACKOFF_MS = 2000;
const MAX_BACKOFF_MS = 300_000;
/**
 * The longest time for which a throttle stops the queries of a project, even if the header Retry-After asks for a
 * longer time. The wait of a throttle is limited because the operator cannot see the wait.
 */
const MAX_RETRY_AFTER_MS = 900_000;

/**
 * A throttle stops the queries of one project for some time after CCE has replied with status 429 (too many requests).
 */
interface Throttle {
  /** Returns the number of seconds until the next query is allowed, or 0 if a query is allowed now. */
  waitSeconds(): number;
  /** Records that CCE replied with status 429. Returns the number of seconds until the next query is allowed. */
  recordThrottled(retryAfterSeconds: number | null): number;
  /** Records that CCE replied with a status other than 429, so that the throttle counts the failures from 0 again. */
  recordReply(): void;
}

/**
 * Creates a throttle that waits for the time in the header Retry-After of the reply. If the reply has no header
 * Retry-After, the throttle waits for a random time. The maximum of the random time doubles with each failure
 * (exponential backoff with full jitter).
 * Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function createThrottle(now: () => Instant, random: () => number): Throttle {
  let until = 0;
  let failures = 0;
  const waitMs = () => {
    const ms = until - now();
    // If the remaining wait is longer than the maximum wait, the clock was set back, so the throttle ends the wait.
    return ms > MAX_RETRY_AFTER_MS ? 0 : Math.max(0, ms);
  };
  const waitSeconds = () => Math.ceil(waitMs() / 1000);
  return {
    waitSeconds,
    recordThrottled(retryAfterSeconds) {
      // Several replies with status 429 during one wait of the throttle count as one failure.
      if (waitMs() === 0) failures += 1;
      const backoffMs = random() * Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(failures, 20));
      const askedMs = retryAfterSeconds === null ? backoffMs : retryAfterSeconds * 1000;
      until = now() + Math.max(waitMs(), Math.min(askedMs, MAX_RETRY_AFTER_MS));
      return retryAfterSeconds ?? Math.max(1, waitSeconds());
    },
    recordReply() {
      if (waitMs() === 0) failures = 0;
    },
  };
}
