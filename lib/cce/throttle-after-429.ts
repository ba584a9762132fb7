import type { Clock, Random } from "../domain/job.ts";

const FIRST_BACKOFF_MS = 2000;
const MAX_BACKOFF_MS = 300_000;
/**
 * The maximum time for which a throttle stops the queries, even if Retry-After is longer. The reason: the operator does
 * not see how long a throttle waits.
 */
const MAX_RETRY_AFTER_MS = 900_000;

/** Stops the queries of one project for some time after HTTP status 429 (too many requests) from CCE. */
interface Throttle {
  /** Returns the seconds until the next query is allowed. If a query is allowed now, the result is 0. */
  waitSeconds(): number;
  /** Records that CCE has answered with HTTP status 429. Returns the seconds until the next query is allowed. */
  recordThrottled(retryAfterSeconds: number | null): number;
  /**
   * Records a response of CCE without HTTP status 429. After a response without status 429, the number of failures is 0
   * again.
   */
  recordReply(): void;
}

/**
 * Creates a throttle, which waits as long as the header Retry-After requests. If the header is missing, the wait is
 * random. Each failure doubles the maximum of the random wait (exponential backoff with full jitter). Source:
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function createThrottleAfter429(now: Clock, random: Random): Throttle {
  let until = 0;
  let failures = 0;
  const waitMs = () => {
    const ms = until - now();
    // After somebody has set the clock back, the wait can be above the maximum. If the wait is above the maximum, the
    // throttle does not wait.
    return ms > MAX_RETRY_AFTER_MS ? 0 : Math.max(0, ms);
  };
  const waitSeconds = () => Math.ceil(waitMs() / 1000);
  return {
    waitSeconds,
    recordThrottled(retryAfterSeconds) {
      // If CCE answers with status 429 several times during one wait, this counts as one failure.
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
