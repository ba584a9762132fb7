import type { Instant } from "../domain/job.ts";

/** The largest assumed difference between the clock of CCE and the clock of the service. */
const MAX_CLOCK_SKEW_MS = 60_000;
/** The highest plausible age of a job at its submission. A higher age probably comes from a wrong clock. */
const MAX_JOB_AGE_MS = 7 * 86_400_000;

/**
 * Returns the age of a job in seconds, at least 0. The age starts at the creation time of the job. If the creation time
 * is missing or not plausible, the age starts at the submission of the job.
 */
export function plausibleJobAgeSeconds(createdAt: Instant | null, acceptedAt: Instant, now: Instant): number {
  const isPlausible =
    createdAt !== null &&
    createdAt <= acceptedAt + MAX_CLOCK_SKEW_MS &&
    createdAt >= acceptedAt - MAX_JOB_AGE_MS;
  return Math.max(0, now - (isPlausible ? createdAt : acceptedAt)) / 1000;
}
