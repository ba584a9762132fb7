import type { Instant } from "../domain/job.ts";
import { formatDuration, formatUtc, toIso } from "../domain/time-text.ts";
import { type Html, html } from "./html.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** Matches a time in the format of `toISOString`. The group makes `split` return the time too. */
const ISO_TIME = /\b(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)/;

/** Parses an ISO 8601 time. Returns null for a year before 2000, because Go writes an unset time as year 1. */
export function parseInstant(iso: string | null): Instant | null {
  const instant = iso === null ? Number.NaN : Date.parse(iso);
  return instant >= Date.UTC(2000) ? instant : null;
}

/** Parses an ISO 8601 time and renders the time. Returns null if the time is unknown. */
export function renderTime<Rendered>(iso: string | null, render: (at: Instant) => Rendered): Rendered | null {
  const instant = parseInstant(iso);
  return instant === null ? null : render(instant);
}

/**
 * Rounds `now` down to a step that is longer for an older job.
 * With the rounded time, the page of an unchanged job keeps its ETag for some time.
 */
export function roundNowByAge(now: Instant, startedAt: Instant): Instant {
  const age = now - startedAt;
  const step = age < 10 * MINUTE ? 15 * SECOND : age < HOUR ? MINUTE : 5 * MINUTE;
  return Math.floor(now / step) * step;
}

/** Renders a time in UTC with seconds. The page's script adds the local time as a tooltip. */
export function utcTimeElement(instant: Instant): Html {
  return html`<time datetime="${toIso(instant)}">${formatUtc(instant)}</time>`;
}

/** Returns a UTC time without the year, for example `03-12 09:30:05`. */
export function formatShortUtc(instant: Instant): string {
  return formatUtc(instant).slice("2026-".length, -" UTC".length);
}

/** Renders a time in UTC. The page's script adds the age of the time, for example `9 min ago`. */
export function utcTimeWithAge(instant: Instant): Html {
  return html`${utcTimeElement(instant)}<span class="ago" data-ago="${toIso(instant)}"></span>`;
}

/** Renders a future time as a time of day in UTC. The page's script replaces the time with a countdown. */
export function countdownTo(instant: Instant): Html {
  const iso = toIso(instant);
  return html`<span data-until="${iso}">at ${iso.slice(11, 19)} UTC</span>`;
}

/** Renders text in which each ISO 8601 time has a format for people. */
export function renderTimesInText(text: string): Html {
  return html`${text.split(ISO_TIME).map((part, index) => {
    const instant = index % 2 === 1 ? parseInstant(part) : null;
    return instant === null ? part : utcTimeWithAge(instant);
  })}`;
}

/** Renders the time from `startedAt` to `now`. The page's script keeps the duration up to date. */
export function runningDuration(startedAt: Instant, now: Instant): Html {
  return html`<span data-since="${toIso(startedAt)}">${formatDuration(now - startedAt)}</span>`;
}
