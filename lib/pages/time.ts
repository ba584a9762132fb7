import type { Instant } from "../domain/job.ts";
import { formatDuration } from "../domain/time-text.ts";
import { type Html, html } from "./html.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** As `toISOString` writes it; a group, so that `split` keeps it. */
const ISO_TIME = /\b(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)/;

/** Milliseconds of an ISO 8601 time, or null. Years before 2000 are how Go prints a time that was never set. */
export function instantOf(iso: string | null): Instant | null {
  const instant = iso === null ? Number.NaN : Date.parse(iso);
  return instant >= Date.UTC(2000) ? instant : null;
}

/**
 * `now` in steps that grow with the job's age, so that a page of an unchanged job keeps its ETag for a while.
 * Clocks that count seconds are the page's script's business.
 */
export function calmNow(now: Instant, since: Instant): Instant {
  const age = now - since;
  const step = age < 10 * MINUTE ? 15 * SECOND : age < HOUR ? MINUTE : 5 * MINUTE;
  return Math.floor(now / step) * step;
}

/** A moment in UTC, to the second. The script adds the reader's local time as a tooltip. */
export function moment(instant: Instant): Html {
  const iso = new Date(instant).toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC</time>`;
}

/** `03-12 09:30:05` in UTC, for tables within one job. */
export function shortTime(instant: Instant): string {
  const iso = new Date(instant).toISOString();
  return `${iso.slice(5, 10)} ${iso.slice(11, 19)}`;
}

/** A moment, and how long ago that is once the script has run. */
export function momentAgo(instant: Instant): Html {
  return html`${moment(instant)}<span class="ago" data-ago="${new Date(instant).toISOString()}"></span>`;
}

/** A moment to come, as the time of day in UTC until the script has run and counts down to it. */
export function momentTo(instant: Instant): Html {
  const iso = new Date(instant).toISOString();
  return html`<span data-until="${iso}">at ${iso.slice(11, 19)} UTC</span>`;
}

/** Text in which the times that stand in ISO 8601, for machines, are moments for people. */
export function withMoments(text: string): Html {
  return html`${text.split(ISO_TIME).map((part, index) => {
    const instant = index % 2 === 1 ? instantOf(part) : null;
    return instant === null ? part : momentAgo(instant);
  })}`;
}

/** A length that goes on: correct at `now`, and counted on by the script. */
export function ticking(since: Instant, now: Instant): Html {
  return html`<span data-since="${new Date(since).toISOString()}">${formatDuration(now - since)}</span>`;
}
