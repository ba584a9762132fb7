import type { Instant } from "../domain/job.ts";

const FIRST_MS = 2000;
const LONGEST_MS = 300_000;
/** However long a reply asks for, after this we ask again: a hold generations in memory and nobody sees it. */
const LONGEST_ASKED_MS = 900_000;

/** Holds the polls of one project after a 429, in the memory of this instance. */
export interface Throttle {
  /** Whole seconds until the project may be asked again; 0 when it may be asked now. */
  remainingSeconds(): number;
  /** Tells of a 429 and answers how long the project is held, in whole seconds. */
  hold(retryAfterSeconds: number | null): number;
  /** Tells of any other answer. */
  passed(): void;
}

/**
 * Waits what Retry-After asks for; without it, exponential back-off with full jitter.
 * Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function createThrottle(now: () => Instant, random: () => number): Throttle {
  let until = 0;
  let strikes = 0;
  const remainingSeconds = () => Math.max(0, Math.ceil((until - now()) / 1000));
  return {
    remainingSeconds,
    hold(retryAfterSeconds) {
      // Replies to one batch arrive together; they are one strike.
      if (until <= now()) strikes += 1;
      const backOffMs = random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(strikes, 20));
      const askedMs = retryAfterSeconds === null ? backOffMs : retryAfterSeconds * 1000;
      until = Math.max(until, now() + Math.min(askedMs, LONGEST_ASKED_MS));
      return retryAfterSeconds ?? Math.max(1, remainingSeconds());
    },
    passed() {
      if (until <= now()) strikes = 0;
    },
  };
}
