import type { StatusDocument } from "../api/status-document.ts";
import type { Instant } from "../domain/job.ts";
import { factList } from "./facts-section.ts";
import { type Html, html } from "./html.ts";
import { parseInstant, renderTime, utcTimeElement, utcTimeWithAge } from "./time-html.ts";
import { formatSvgPercent } from "./timeline.ts";

/**
 * Renders the times of the polls. Renders the delay between the end of the job and the poll that found the end of the
 * job.
 */
export function pollsSection(document: StatusDocument, now: Instant): Html {
  const { polls, done, lagSeconds, warnings } = document;
  return html`<section id="polls" class="facts watch"><h2>Watch</h2>
${pollStrip(document, now)}
${factList([
  ["Polls", String(polls)],
  ["Latest", renderTime(document.polledAt.at(-1) ?? null, utcTimeWithAge)],
  ["Accepted", renderTime(document.acceptedAt, utcTimeElement)],
  ["Concluded", done && renderTime(document.concludedAt, utcTimeElement)],
  ["Deadline", !done && renderTime(document.deadlineAt, utcTimeElement)],
  ["Detected", lagSeconds !== null && `${lagSeconds.toFixed(1)} s after the job’s end`],
])}
${warnings.length > 0 && html`<h3>Warnings</h3><ul class="warnings">${warnings.map((text) => html`<li dir="auto">${text}</li>`)}</ul>`}</section>`;
}

/**
 * Renders each poll as a tick on a line, and the next poll as a circle on the line. Returns null before the first poll.
 */
function pollStrip(document: StatusDocument, now: Instant): Html | null {
  const polledAt = document.polledAt.map((at) => Date.parse(at));
  if (polledAt.length === 0) return null;
  const next = document.done ? null : parseInstant(document.nextPollAt);
  const accepted = Date.parse(document.acceptedAt);
  const start = document.polls > polledAt.length ? Math.min(...polledAt) : Math.min(accepted, ...polledAt);
  const end = Math.max(parseInstant(document.concludedAt) ?? now, next ?? 0, ...polledAt, start + 1000);
  const x = (instant: Instant) => formatSvgPercent(0.015 + (0.97 * (instant - start)) / (end - start));
  const label = polledAt.length === 1 ? "One poll" : `The latest ${polledAt.length} polls`;
  return html`<svg class="strip" role="img" aria-label="${label} on a line of time"><line class="base" x1="0" x2="100%" y1="9" y2="9"/>${polledAt.map(
    (at) => html`<line x1="${x(at)}" x2="${x(at)}" y1="3" y2="15"/>`,
  )}${next !== null && html`<circle cx="${x(next)}" cy="9" r="3"/>`}</svg>`;
}
