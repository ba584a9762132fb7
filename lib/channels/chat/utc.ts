import type { Instant } from "../../domain/job.ts";

/** `2026-11-23 09:30:00 UTC`. */
export function utc(at: Instant): string {
  const iso = new Date(at).toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}
