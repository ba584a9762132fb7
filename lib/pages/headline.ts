import type { StatusDocument } from "../api/status-document.ts";
import { describeWatchState, type Instant, jobWasSeen } from "../domain/job.ts";
import { formatDuration } from "../domain/time-text.ts";
import { type Html, html } from "./html.ts";
import { icon } from "./icon.ts";
import { progress } from "./progress.ts";
import { faceOf } from "./state-presentation.ts";
import { instantOf, momentAgo, momentTo, ticking, withMoments } from "./time.ts";
import { foreign } from "./untrusted.ts";

/** What a reader wants to know first: is it over, what is it, how long did it take, what happens next. */
export function headline(document: StatusDocument, now: Instant): Html {
  const seen = jobWasSeen(document);
  const face = faceOf(document.state, seen);
  const meaning = describeWatchState(document.state, seen);
  return html`<header id="headline" class="headline c-${face.name}">
${icon(face.name)}
<div class="what"><p class="state" role="status">${face.word}</p>
<h1>${foreign(document.type ?? "Job")}${document.resourceName && html` <span class="res">${foreign(document.resourceName)}</span>`}</h1></div>
<p class="clock">${clock(document, now)}</p>
<div class="sum">${progress(document.subJobs)}
<p>${when(document)}</p>
${meaning && html`<p>${meaning}</p>`}
${document.lastPollError && html`<p class="trouble"><b>Polls bring no news:</b> <bdi>${withMoments(document.lastPollError)}</bdi></p>`}</div>
</header>`;
}

/** Since when the job itself runs; before the first poll, since when it is watched. */
export function startOf(document: StatusDocument): Instant {
  return (
    instantOf(document.createdAt) ??
    instantOf(document.job?.createdAt ?? null) ??
    Date.parse(document.acceptedAt)
  );
}

function clock(document: StatusDocument, now: Instant): Html | string | null {
  if (!document.done) return ticking(Math.min(startOf(document), now), now);
  return document.durationSeconds === null ? null : formatDuration(document.durationSeconds * 1000);
}

function when(document: StatusDocument): Html {
  const phase = document.phase && html` Phase ${foreign(document.phase)}.`;
  if (document.done) {
    const known = document.state === "succeeded" || document.state === "failed";
    const end = (known ? instantOf(document.updatedAt) : null) ?? instantOf(document.concludedAt);
    return html`${end !== null && html`${known ? "Ended" : "Watched until"} ${momentAgo(end)}.`}${phase}`;
  }
  if (document.polls === 0) return html`Accepted, and about to be looked at for the first time.`;
  const next = instantOf(document.nextPollAt);
  const unseen = !jobWasSeen(document) && html`No poll has seen the job yet. `;
  return html`${unseen}${next !== null && html`Next poll ${momentTo(next)}.`}${phase}`;
}
