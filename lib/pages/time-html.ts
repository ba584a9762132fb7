import type { Instant } from "../domain/job.ts";
import { formatDuration, formatUtc, toIsoOrThrow } from "../domain/time-text.ts";
import { type Html, html } from "./html.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/**
 * Matches a time in the format of the JavaScript function `toISOString`. Because of the parentheses, the result of
 * `split` also contains the times.
 */
const ISO_TIME = /\b(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)/;

/**
 * Parses a time in the format ISO 8601. If the year is before 2000, the result is null. The reason: programs in Go
 * write a missing time as the year 1.
 */
export function parseInstantSince2000(iso: string | null): Instant | null {
  const instant = iso === null ? Number.NaN : Date.parse(iso);
  return instant >= Date.UTC(2000) ? instant : null;
}

/**
 * Parses a time in the format ISO 8601, and calls `render` with the time. If the time is unknown, the result is null.
 */
export function parseAndRenderTimeOrNull<Rendered>(
  iso: string | null,
  render: (at: Instant) => Rendered,
): Rendered | null {
  const instant = parseInstantSince2000(iso);
  return instant === null ? null : render(instant);
}

/**
 * Returns the step, in milliseconds, to which a page rounds the age of a job. For an older job, the step is greater.
 */
export function ageRoundingStepMs(ageMs: number): number {
  return ageMs < 10 * MINUTE ? 15 * SECOND : ageMs < HOUR ? MINUTE : 5 * MINUTE;
}

/**
 * Rounds `now` down, so that the age of the job is a multiple of `ageRoundingStepMs`. The page uses the rounded time,
 * so its HTML and its ETag change less often.
 */
export function roundNowDownByAge(now: Instant, startedAt: Instant): Instant {
  const ageMs = now - startedAt;
  const stepMs = ageRoundingStepMs(ageMs);
  return startedAt + Math.floor(ageMs / stepMs) * stepMs;
}

/**
 * Renders a time in UTC, with its seconds. The browser script replaces the time in UTC by the local time. The tooltip
 * shows the time in UTC.
 */
export function renderTime(instant: Instant): Html {
  return html`<time datetime="${toIsoOrThrow(instant)}">${formatUtc(instant)}</time>`;
}

/** Renders a time as `renderTime` does, but without the year. */
export function renderTimeWithoutYear(instant: Instant): Html {
  return html`<time datetime="${toIsoOrThrow(instant)}" data-short>${formatUtc(instant).slice("2026-".length)}</time>`;
}

/** Renders a time. The browser script adds the age of the time, for example `9 min ago`. */
export function renderTimeWithAgeAddedByScript(instant: Instant): Html {
  return html`${renderTime(instant)}<span class="ago" data-ago="${toIsoOrThrow(instant)}"></span>`;
}

/** Renders a time in the future, in UTC. The browser script replaces the time by a countdown. */
export function renderCountdown(instant: Instant): Html {
  const iso = toIsoOrThrow(instant);
  return html`<span data-until="${iso}">at ${iso.slice(11, 19)} UTC</span>`;
}

/** Renders a text, and makes its ISO 8601 times easy to read. */
export function renderTimesInText(text: string): Html {
  return html`${text.split(ISO_TIME).map((part, index) => {
    const instant = index % 2 === 1 ? parseInstantSince2000(part) : null;
    return instant === null ? part : renderTimeWithAgeAddedByScript(instant);
  })}`;
}

/** Renders the duration of a job or subjob that is still running. The browser script updates the duration. */
export function renderRunningDuration(startedAt: Instant, now: Instant): Html {
  return html`<span data-since="${toIsoOrThrow(startedAt)}">${formatDuration(now - startedAt)}</span>`;
}
