import type { Instant } from "./job.ts";

/** Returns a duration as text, for example `9 min 10 s` or `2 h 05 min`. For a negative duration, the text is `0 s`. */
export function formatDuration(durationMs: number): string {
  const seconds = Math.max(0, Math.floor(durationMs / 1000));
  const twoDigits = (value: number) => String(value).padStart(2, "0");
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${twoDigits(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${twoDigits(minutes % 60)} min`;
  return `${Math.floor(hours / 24)} d ${twoDigits(hours % 24)} h`;
}

/**
 * Returns an instant as ISO 8601 text in UTC with milliseconds.
 * @throws RangeError if the time is outside the range of `Date`.
 */
export function toIsoOrThrow(at: Instant): string {
  return new Date(at).toISOString();
}

const ISO_LENGTH = "2026-11-23T09:30:00.000Z".length;

/**
 * Returns an instant as ISO 8601 text in UTC. The result is null for a missing or invalid time, and for a year without
 * four digits.
 */
export function toIsoOrNull(at: Instant | null | undefined): string | null {
  if (at == null || Number.isNaN(new Date(at).getTime())) return null;
  const iso = toIsoOrThrow(at);
  return iso.length === ISO_LENGTH ? iso : null;
}

/** Returns an instant as text for people, such as `2026-11-23 09:30:00 UTC`. */
export function formatUtc(at: Instant): string {
  const iso = toIsoOrThrow(at);
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}
