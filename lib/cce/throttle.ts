import type { Instant } from "../domain/job.ts";

const FIRST_BACKOFF_MS = 2000;
const MAX_BACKOFF_MS = 300_000;
/**
 * The longest wait of a throttle, even if Retry-After asks for more. The wait is limited, because the operator does not
 * see the wait.
 */
const MAX_RETRY_AFTER_MS = 900_000;

/** Stops the queries of one project for some time after CCE has answered with status 429 (too many requests). */
interface Throttle {
  /** Returns the seconds until the next query is allowed, or 0. */
  waitSeconds(): number;
  /** Records a response with status 429. Returns the seconds until the next query is allowed. */
  recordThrottled(retryAfterSeconds: number | null): number;
  /** Records a response with another status. The throttle then counts failures from 0 again. */
  recordReply(): void;
}

/**
 * Creates a throttle that waits for the time in Retry-After. Without the header Retry-After, the wait is random. The
 * maximum of the random wait doubles with each failure (exponential backoff with full jitter). Source:
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function createThrottle(now: () => Instant, random: () => number): Throttle {
  let until = 0;
  let failures = 0;
  const waitMs = () => {
    const ms = until - now();
    // A remaining wait above the maximum means that the clock was set back. The wait then ends.
    return ms > MAX_RETRY_AFTER_MS ? 0 : Math.max(0, ms);
  };
  const waitSeconds = () => Math.ceil(waitMs() / 1000);
  return {
    waitSeconds,
    recordThrottled(retryAfterSeconds) {
      // Several responses with status 429 during one wait count as one failure.
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
