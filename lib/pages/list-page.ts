import { ACCESS_ERROR_TEXTS, type Instant } from "../domain/job.ts";
import { formatDuration } from "../domain/time-text.ts";
import { LIST_PAGE_CSS, PAGE_CSS } from "./browser.generated.ts";
import { bdiElement, type Html, html } from "./html.ts";
import { icon } from "./icon.ts";
import {
  filterForm,
  type ListedWatch,
  type ListFilter,
  presentListedWatch,
  replaceListFilter,
  selectWatches,
} from "./list-filter.ts";
import { type RenderedPage, renderPage } from "./page-shell.ts";
import { countdownTo, roundNowByAge, runningDuration, utcTimeWithAge } from "./time-html.ts";

export interface ListPage {
  readonly project: string;
  /**
   * The watches on this page of the job list, before the filter selects some of the watches. The newest watch is first.
   */
  readonly watches: readonly ListedWatch[];
  readonly filter: ListFilter;
  readonly now: Instant;
  /**
   * `self` is the URL of this page with the link key. `before` is the query parameter for the next page with older
   * watches, or null on the last page of the job list.
   */
  readonly link: { readonly self: string; readonly before: string | null };
}

/**
 * Renders the recent watches of a project. The function rounds durations, so that the HTML of the page rarely changes.
 */
export function renderListPage({ project, watches, filter, now, link }: ListPage): RenderedPage {
  const selected = selectWatches(watches, filter);
  const running = watches
    .filter(({ state }) => state === "watching")
    .map((watch) => presentListedWatch(watch).icon);
  return renderPage({
    title: `${running.length > 0 ? `Watching ${running.length} · ` : ""}Jobs of ${project}`,
    icon: running.includes("running") ? "running" : (running[0] ?? "succeeded"),
    css: [PAGE_CSS, LIST_PAGE_CSS],
    script: "live",
    hasForms: true,
    body: html`<header class="top"><p>${bdiElement(project)}</p><p id="live" data-keep></p></header>
<main class="jobs"><h1>Recent jobs</h1>
${filterForm(watches, filter, link.self)}
<div id="list">${selected.length === 0 ? emptyList(watches.length) : html`<ol>${selected.map((watch) => listEntry(watch, now))}</ol>`}
<nav class="pages" aria-label="Pages">${
      link.before &&
      html`<a href="${replaceListFilter(link.self, { ...filter, before: link.before })}">Older jobs</a>`
    }</nav></div></main>`,
  });
}

/**
 * Renders a watch as an entry of the list page. The entry shows the duration of the watch, not the duration of the job.
 */
function listEntry(watch: ListedWatch, now: Instant): Html {
  const state = presentListedWatch(watch);
  return html`<li data-key="${watch.jobId}"><a class="c-${state.icon}" href="${watch.url}">
<span class="state">${icon(state.icon)}${state.text}</span>
<span class="name"><b>${bdiElement(watch.jobType ?? "Job")}</b>${watch.resourceName && html` <span class="res">${bdiElement(watch.resourceName)}</span>`}
<span class="id">${bdiElement(watch.jobId)}</span>${watch.state === "watching" && pollLine(watch, state.text)}</span>
<span class="since">${utcTimeWithAge(watch.acceptedAt)}</span>
<span class="watched">Watched ${watchedDuration(watch, now)}</span></a></li>
`;
}

/**
 * Renders the error of the latest poll. If the latest poll had no error, renders the phase of the job and the time of
 * the next poll.
 * Omits the phase of the job if the phase is the same as the text for the state.
 */
function pollLine({ accessError, lastPollError, phase, nextPollAt }: ListedWatch, stateText: string): Html {
  const error = accessError ?? lastPollError;
  if (error !== null) {
    const text = "kind" in error ? ACCESS_ERROR_TEXTS[error.kind] : error.text;
    return html`<span class="poll error">Polls have failed since ${utcTimeWithAge(error.since)}: ${bdiElement(text)}</span>`;
  }
  const shownPhase = phase?.trim().toLowerCase() === stateText.toLowerCase() ? null : phase;
  return html`<span class="poll">${shownPhase && html`Phase ${bdiElement(shownPhase)}. `}${nextPollAt !== null && html`Next poll ${countdownTo(nextPollAt)}.`}</span>`;
}

/** Renders the time since the service accepted the job. CCE may have started the job much earlier. */
function watchedDuration({ acceptedAt, concludedAt }: ListedWatch, now: Instant): Html | string {
  if (concludedAt !== null) return formatDuration(concludedAt - acceptedAt);
  return runningDuration(acceptedAt, roundNowByAge(now, acceptedAt));
}

function emptyList(watchCount: number): Html {
  return watchCount === 0
    ? html`<p class="empty">No job of this project is stored. The next watched job appears here.</p>`
    : html`<p class="empty">None of these ${watchCount} jobs matches. Older jobs may match.</p>`;
}
