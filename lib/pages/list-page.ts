import type { Instant } from "../domain/job.ts";
import { formatDuration } from "../domain/time-text.ts";
import { type Html, html } from "./html.ts";
import { icon } from "./icon.ts";
import { filterForm } from "./list-filter.ts";
import { faceOfListed, type ListedWatch, type ListFilter, selectWatches } from "./list-filter-state.ts";
import { listLink } from "./list-link.ts";
import { type RenderedPage, renderShell } from "./shell.ts";
import { BASE_STYLE } from "./style/base.ts";
import { LIST_STYLE } from "./style/list.ts";
import { calmNow, momentAgo, momentTo, ticking } from "./time.ts";
import { foreign } from "./untrusted.ts";

export interface ListPage {
  readonly project: string;
  /** One page of the project's watches as the ledger gives them, newest first, not yet filtered. */
  readonly watches: readonly ListedWatch[];
  readonly filter: ListFilter;
  readonly now: Instant;
  /** The URL of this very page, key and all; and where older watches begin, null on the last page. */
  readonly link: { readonly self: string; readonly before: string | null };
}

/** The recent watches of a project, those still watched first. Its bytes are as calm as the status page's. */
export function renderListPage({ project, watches, filter, now, link }: ListPage): RenderedPage {
  const shown = selectWatches(watches, filter);
  const open = watches.filter(({ state }) => state === "watching").map((watch) => faceOfListed(watch).name);
  return renderShell({
    title: `${open.length > 0 ? `Watching ${open.length} · ` : ""}Jobs of ${project}`,
    face: open.includes("running") ? "running" : (open[0] ?? "succeeded"),
    styles: [BASE_STYLE, LIST_STYLE],
    script: "live",
    forms: true,
    body: html`<header class="top"><p>${foreign(project)}</p><p id="live" data-keep></p></header>
<main class="jobs"><h1>Recent jobs</h1>
${filterForm(watches, filter, link.self)}
<div id="list">${shown.length === 0 ? nothing(watches.length) : html`<ol>${shown.map((watch) => entry(watch, now))}</ol>`}
<nav class="pages" aria-label="Pages">${
      link.before && html`<a href="${listLink(link.self, { ...filter, before: link.before })}">Older jobs</a>`
    }</nav></div></main>`,
  });
}

/**
 * What the small item of a watch tells: how it stands, since when and how long it has been watched. How long the job
 * itself took, and why it failed, is on its page.
 */
function entry(watch: ListedWatch, now: Instant): Html {
  const face = faceOfListed(watch);
  return html`<li data-key="${watch.jobId}"><a class="c-${face.name}" href="${watch.url}">
<span class="state">${icon(face.name)}${face.word}</span>
<span class="name"><b>${foreign(watch.jobType ?? "Job")}</b>${watch.resourceName && html` <span class="res">${foreign(watch.resourceName)}</span>`}
<span class="id">${foreign(watch.jobId)}</span>${watch.state === "watching" && news(watch, face.word)}</span>
<span class="since">${momentAgo(watch.acceptedAt)}</span>
<span class="watched">Watched ${watched(watch, now)}</span></a></li>
`;
}

/** What its state does not say: what keeps polls from bringing news, or the cloud's own phase and the next poll. */
function news({ accessError, lastPollError, phase, nextPollAt }: ListedWatch, word: string): Html {
  const none = accessError ?? lastPollError;
  if (none !== null) {
    const why = "kind" in none ? none.kind : foreign(none.text);
    return html`<span class="news accessError">No news since ${momentAgo(none.since)}: ${why}</span>`;
  }
  const said = phase !== null && phase.trim().toLowerCase() !== word.toLowerCase() ? phase : null;
  return html`<span class="news">${said && html`Phase ${foreign(said)}. `}${nextPollAt !== null && html`Next poll ${momentTo(nextPollAt)}.`}</span>`;
}

/** From its acceptance on: a job may have begun long before it was handed over. */
function watched({ acceptedAt, concludedAt }: ListedWatch, now: Instant): Html | string {
  if (concludedAt !== null) return formatDuration(concludedAt - acceptedAt);
  return ticking(acceptedAt, calmNow(now, acceptedAt));
}

function nothing(read: number): Html {
  return read === 0
    ? html`<p class="nothing">No job of this project is remembered. The next one handed over appears here.</p>`
    : html`<p class="nothing">None of these ${read} jobs matches. Older ones may.</p>`;
}
