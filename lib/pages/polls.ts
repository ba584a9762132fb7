import type { StatusDocument } from "../api/status-document.ts";
import type { Instant } from "../domain/job.ts";
import { percent } from "./bars.ts";
import { type Html, html, type Part } from "./html.ts";
import { instantOf, moment, momentAgo } from "./time.ts";

/** How the job was watched: when it was looked at, as a strip of ticks, and how soon its end was noticed. */
export function polls(document: StatusDocument, now: Instant): Html {
  return html`<section id="polls" class="facts watch"><h2>Watch</h2>
${strip(document, now)}
<dl>${row("Polls", String(document.polls))}${row("Latest", latest(document))}${row("Accepted", moment(Date.parse(document.acceptedAt)))}${
    document.done
      ? row("Concluded", concluded(document))
      : row("Deadline", moment(Date.parse(document.deadlineAt)))
  }${row("Noticed", document.lagSeconds !== null && `${document.lagSeconds.toFixed(1)} s after the job’s end`)}</dl>
${document.warnings.length > 0 && html`<h3>Warnings</h3><ul class="warnings">${document.warnings.map((text) => html`<li dir="auto">${text}</li>`)}</ul>`}</section>`;
}

function strip(document: StatusDocument, now: Instant): Html | null {
  const seen = document.polledAt.map((at) => Date.parse(at));
  if (seen.length === 0) return null;
  const next = document.done ? null : instantOf(document.nextPollAt);
  const accepted = Date.parse(document.acceptedAt);
  const start = document.polls > seen.length ? Math.min(...seen) : Math.min(accepted, ...seen);
  const end = Math.max(instantOf(document.concludedAt) ?? now, next ?? 0, ...seen, start + 1000);
  const at = (instant: Instant) => percent(0.015 + (0.97 * (instant - start)) / (end - start));
  return html`<svg class="strip" role="img" aria-label="${seen.length === 1 ? "One poll" : `The latest ${seen.length} polls`} on a line of time"><line class="base" x1="0" x2="100%" y1="9" y2="9"/>${seen.map(
    (poll) => html`<line x1="${at(poll)}" x2="${at(poll)}" y1="3" y2="15"/>`,
  )}${next !== null && html`<circle cx="${at(next)}" cy="9" r="3"/>`}</svg>`;
}

function latest(document: StatusDocument): Html | null {
  const at = instantOf(document.polledAt.at(-1) ?? null);
  return at === null ? null : momentAgo(at);
}

function concluded(document: StatusDocument): Html | null {
  const at = instantOf(document.concludedAt);
  return at === null ? null : moment(at);
}

function row(term: string, value: Part): Html | null {
  return value ? html`<div><dt>${term}</dt><dd>${value}</dd></div>` : null;
}
