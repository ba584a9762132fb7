import type { Instant } from "./job.ts";

const LENGTH = "2026-11-23T09:30:00.000Z".length;

/** ISO 8601 in UTC, to the millisecond; null where there is no time, or none of a year with four digits. */
export function isoOrNull(at: Instant | null | undefined): string | null {
  const date = new Date(at ?? Number.NaN);
  if (Number.isNaN(date.getTime())) return null;
  const iso = date.toISOString();
  return iso.length === LENGTH ? iso : null;
}
