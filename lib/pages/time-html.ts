import type { Instant } from "../domain/job.ts";
import { formatDuration, formatUtc, toIso } from "../domain/time-text.ts";
import { type Html, html } from "./html.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** A time as `toISOString` writes it. The group makes `split` keep it. */
const ISO_TIME = /\b(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)/;

/** Returns null for a year before 2000: Go prints such years for a time that was never set. */
export function parseInstant(iso: string | null): Instant | null {
  const instant = iso === null ? Number.NaN : Date.parse(iso);
  return instant >= Date.UTC(2000) ? instant : null;
}

/** Renders a time of a document. Returns null for a time that is not known. */
export function renderTime<Rendered>(iso: string | null, render: (at: Instant) => Rendered): Rendered | null {
  const instant = parseInstant(iso);
  return instant === null ? null : render(instant);
}

/**
 * Rounds `now` down to steps that grow with the age of the job. So the page of an unchanged job keeps its ETag for a
 * while. The script of the page counts the seconds.
 */
export function roundNowByAge(now: Instant, since: Instant): Instant {
  const age = now - since;
  const step = age < 10 * MINUTE ? 15 * SECOND : age < HOUR ? MINUTE : 5 * MINUTE;
  return Math.floor(now / step) * step;
}

/** A time in UTC, to the second. The script adds the local time as a tooltip. */
export function utcTimeElement(instant: Instant): Html {
  return html`<time datetime="${toIso(instant)}">${formatUtc(instant)}</time>`;
}

/** `03-12 09:30:05` in UTC, for a table of one job. */
export function formatShortUtc(instant: Instant): string {
  return formatUtc(instant).slice("2026-".length, -" UTC".length);
}

/** A time in UTC. The script adds how long ago it is. */
export function utcTimeWithAge(instant: Instant): Html {
  return html`${utcTimeElement(instant)}<span class="ago" data-ago="${toIso(instant)}"></span>`;
}

/** A future time: the time of day in UTC. The script replaces it with a countdownTo. */
export function countdownTo(instant: Instant): Html {
  const iso = toIso(instant);
  return html`<span data-until="${iso}">at ${iso.slice(11, 19)} UTC</span>`;
}

/** Text whose ISO 8601 times are written for people. */
export function renderTimesInText(text: string): Html {
  return html`${text.split(ISO_TIME).map((part, index) => {
    const instant = index % 2 === 1 ? parseInstant(part) : null;
    return instant === null ? part : utcTimeWithAge(instant);
  })}`;
}

/** A duration that is correct at `now`. The script counts it on. */
export function runningDuration(since: Instant, now: Instant): Html {
  return html`<span data-since="${toIso(since)}">${formatDuration(now - since)}</span>`;
}
