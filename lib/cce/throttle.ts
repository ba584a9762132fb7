import type { Instant } from "../domain/job.ts";

const FIRST_BACKOFF_MS = 2000;
const MAX_BACKOFF_MS = 300_000;
/** The longest wait, even when Retry-After is longer. No operator sees the wait, which exists only in memory. */
const MAX_RETRY_AFTER_MS = 900_000;

/** A throttle stops the queries of one project for some time after a reply with status 429. */
export interface Throttle {
  /** Returns the whole seconds until the next query is allowed. Returns 0 when a query is allowed now. */
  waitSeconds(): number;
  /** Records a reply with status 429. Returns the whole seconds until the next query is allowed. */
  recordThrottled(retryAfterSeconds: number | null): number;
  /** Records a reply with a status other than 429. */
  recordReply(): void;
}

/**
 * Creates a throttle that waits for the time in the header Retry-After. Without Retry-After, the wait is an exponential
 * backoff with full jitter.
 * Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function createThrottle(now: () => Instant, random: () => number): Throttle {
  let until = 0;
  let failures = 0;
  const waitSeconds = () => Math.max(0, Math.ceil((until - now()) / 1000));
  return {
    waitSeconds,
    recordThrottled(retryAfterSeconds) {
      // Several replies with status 429 during one wait count as one failure.
      if (until <= now()) failures += 1;
      const backoffMs = random() * Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(failures, 20));
      const waitMs = retryAfterSeconds === null ? backoffMs : retryAfterSeconds * 1000;
      until = Math.max(until, now() + Math.min(waitMs, MAX_RETRY_AFTER_MS));
      return retryAfterSeconds ?? Math.max(1, waitSeconds());
    },
    recordReply() {
      if (until <= now()) failures = 0;
    },
  };
}
