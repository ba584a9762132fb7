import type { Instant } from "../domain/job.ts";

/** The assumed maximum difference between the clocks of CCE and of the service. */
const MAX_CLOCK_SKEW_MS = 60_000;
/** If a job seems to be older than `MAX_JOB_AGE_MS` at its submission, its creation time is probably wrong. */
const MAX_JOB_AGE_MS = 7 * 86_400_000;

/**
 * Returns the age of a job in seconds. The result is at least 0. The age begins when CCE created the job. If the
 * creation time is missing or impossible, the age begins when the caller submitted the job.
 */
export function plausibleJobAgeSeconds(createdAt: Instant | null, acceptedAt: Instant, now: Instant): number {
  const isPlausible =
    createdAt !== null &&
    createdAt <= acceptedAt + MAX_CLOCK_SKEW_MS &&
    createdAt >= acceptedAt - MAX_JOB_AGE_MS;
  return Math.max(0, now - (isPlausible ? createdAt : acceptedAt)) / 1000;
}
