import type { Instant } from "../../job.ts";
import { faceOf } from "./face.ts";
import { foreign } from "./foreign.ts";
import { type Html, html } from "./html.ts";
import { icon } from "./icon.ts";
import { filterForm } from "./list-filter.ts";
import { listLink } from "./list-link.ts";
import { type ListedWatch, type ListFilter, selectWatches } from "./list-selection.ts";
import { type RenderedPage, renderShell } from "./shell.ts";
import { BASE_STYLE } from "./style/base.ts";
import { LIST_STYLE } from "./style/list.ts";
import { calmNow, duration, momentAgo, ticking } from "./time.ts";

export interface ListPage {
  readonly project: string;
  /** One page of the project's watches as the ledger gives them, newest first, not yet filtered. */
  readonly watches: readonly ListedWatch[];
  readonly filter: ListFilter;
  readonly now: Instant;
  /** The URL of this very page, key and all; and where older watches begin, null on the last page. */
  readonly link: { readonly self: string; readonly before: string | null };
}

/** The recent watches of a project, those still running first. Its bytes are as calm as the status page's. */
export function renderListPage({ project, watches, filter, now, link }: ListPage): RenderedPage {
  const shown = selectWatches(watches, filter);
  const running = watches.filter((watch) => watch.state === "watching").length;
  return renderShell({
    title: `${running > 0 ? `${running} running · ` : ""}Jobs of ${project}`,
    face: running > 0 ? "running" : "succeeded",
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

function entry(watch: ListedWatch, now: Instant): Html {
  const face = faceOf(watch.state);
  return html`<li data-key="${watch.jobId}"><a class="c-${face.name}" href="${watch.url}">
<span class="state">${icon(face.name)}${face.word}</span>
<span class="name"><b>${foreign(watch.jobType ?? "Job")}</b>${watch.resourceName && html` <span class="res">${foreign(watch.resourceName)}</span>`}
<span class="id">${foreign(watch.jobId)}</span></span>
<span class="more">${watch.state === "watching" && progress(watch)}</span>
<span class="since">${momentAgo(watch.acceptedAt)}</span>
<span class="took">${took(watch, now)}</span></a></li>
`;
}

function progress({ trouble, phase }: ListedWatch): Html | null {
  if (trouble !== null) return html`<span class="trouble">No news: ${trouble.kind}</span>`;
  return phase ? foreign(phase) : null;
}

function took({ acceptedAt, concludedAt }: ListedWatch, now: Instant): Html | string {
  if (concludedAt !== null) return duration(concludedAt - acceptedAt);
  return ticking(acceptedAt, calmNow(now, acceptedAt));
}

function nothing(read: number): Html {
  return read === 0
    ? html`<p class="nothing">No job of this project is remembered. The next one handed over appears here.</p>`
    : html`<p class="nothing">None of these ${read} jobs matches. Older ones may.</p>`;
}
