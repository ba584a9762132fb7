import type { StatusDocument } from "../api/status-document.ts";
import type { Instant } from "../domain/job.ts";
import { bdiElement, type Html, html, type Part } from "./html.ts";
import { parseInstant, renderTime, timeElement, timeWithAge } from "./time-html.ts";
import { formatSvgPercent } from "./timeline.ts";

type Fact = readonly [term: string, value: Part];

/**
 * Renders the closed section with the data for operators and support tickets: IDs, the words of the API and of CCE for
 * the state, and the polls. The delay of the detection is the time from the end of the job to the poll that found the end.
 */
export function detailsSection(document: StatusDocument, now: Instant): Html {
  const { jobId, project, region, clusterId, polls, done, lagSeconds } = document;
  const resourceId = document.resourceId === clusterId ? null : document.resourceId;
  return html`<section id="details"><details><summary><h2>Details</h2></summary>
${factList([
  ["Job ID", copyable(jobId, "job ID")],
  ["Cluster ID", clusterId && copyable(clusterId, "cluster ID")],
  ["Resource ID", resourceId && copyable(resourceId, "resource ID")],
  ["Project", bdiElement(project)],
  ["Region", region && bdiElement(region)],
  ["State", html`<code>${document.state}</code>`],
  ["Phase", document.phase && html`<code>${bdiElement(document.phase)}</code>`],
  ["Created", renderTime(document.createdAt, timeElement)],
  ["Updated", renderTime(document.updatedAt, timeElement)],
  ["Accepted", renderTime(document.acceptedAt, timeElement)],
  ["Concluded", done && renderTime(document.concludedAt, timeElement)],
  ["Deadline", !done && renderTime(document.deadlineAt, timeElement)],
  ["Polls", String(polls)],
  ["Latest poll", renderTime(document.polledAt.at(-1) ?? null, timeWithAge)],
  ["Detected", lagSeconds !== null && `${lagSeconds.toFixed(1)} s after the job’s end`],
])}
${pollStrip(document, now)}</details></section>`;
}

/** Renders an HTML list of terms and values. Omits each term whose value is unknown. */
function factList(entries: readonly Fact[]): Html {
  const known = entries.filter(([, value]) => value);
  return html`<dl>${known.map(
    ([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>
`,
  )}</dl>`;
}

/**
 * Renders a text with a button that copies the text. The browser hides the button until the script of the page runs.
 */
function copyable(text: string, what: string): Html {
  return html`<code><bdi>${text}</bdi></code> <button type="button" data-copy="${text}" aria-label="Copy the ${what}" hidden>Copy</button>`;
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
