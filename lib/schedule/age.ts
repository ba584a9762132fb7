import type { Instant } from "../domain/job.ts";

/** CCE's clock and ours may differ by so much. */
const SKEW_MS = 60_000;
/** A job older than this at its acceptance is rather a wrong clock. */
const OLDEST_MS = 7 * 86_400_000;

/**
 * The age of a job in seconds, never negative: from its own creation time where that is sane (not after it was
 * handed to us, not long before), so that a job handed in late is not taken for a young one; else from acceptance.
 */
export function jobAgeSeconds(createdAt: Instant | null, acceptedAt: Instant, now: Instant): number {
  const sane = createdAt !== null && createdAt <= acceptedAt + SKEW_MS && createdAt >= acceptedAt - OLDEST_MS;
  return Math.max(0, now - (sane ? createdAt : acceptedAt)) / 1000;
}
