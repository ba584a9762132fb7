import type { StatusDocument } from "../api/status-document.ts";
import { type Instant, wasJobObserved } from "../domain/job.ts";
import { JOB_PAGE_CSS, PAGE_CSS } from "./browser.generated.ts";
import { deliveriesSection } from "./deliveries-section.ts";
import { contextSection, factsSection } from "./facts-section.ts";
import { failuresSection } from "./failures-section.ts";
import { headlineSection, jobStartTime } from "./headline-section.ts";
import { bdiElement, html } from "./html.ts";
import { type RenderedPage, renderPage } from "./page-shell.ts";
import { pollsSection } from "./polls-section.ts";
import { presentState } from "./state-presentation.ts";
import { subJobsSection } from "./subjobs-section.ts";
import { parseInstant, roundNowByAge } from "./time-html.ts";

/**
 * Renders the status page of one job. If the browser runs no scripts, the status page still contains all data.
 * The script updates the status page until the job has ended and no notification is pending.
 * For the same status document, the HTML of the status page changes at most every 15 seconds. A hash of the HTML is
 * therefore a good ETag.
 * @param listUrl the URL of the project's list page, or null if the reader may not open the list page.
 */
export function renderJobPage(document: StatusDocument, now: Instant, listUrl: string | null): RenderedPage {
  const state = presentState(document.state, wasJobObserved(document), document.ready);
  const roundedNow = roundNowByAge(now, jobStartTime(document));
  const until = document.done ? (parseInstant(document.concludedAt) ?? roundedNow) : roundedNow;
  const name = [document.type ?? "Job", document.resourceName].filter(Boolean).join(" ");
  const project = bdiElement(document.project);
  return renderPage({
    title: `${state.sign} ${state.text} · ${name} · ${document.project}`,
    icon: state.icon,
    css: [PAGE_CSS, JOB_PAGE_CSS],
    script: mayChange(document) ? "live" : "ended",
    hasForms: false,
    body: html`<header class="top"><p>${listUrl === null ? project : html`<a href="${listUrl}">${project}</a>`}${
      document.region && html` <span>${bdiElement(document.region)}</span>`
    }</p><p id="live" data-keep></p></header>
<main>
${headlineSection(document, roundedNow)}
<div class="body"><div class="main">${failuresSection(document)}
${document.job && subJobsSection(document.job, until, document.done)}
${pollsSection(document, roundedNow)}</div>
<div class="aside">${deliveriesSection(document)}
${factsSection(document)}
${contextSection(document)}</div></div>
</main>`,
  });
}

function mayChange({ done, state, deliveries }: StatusDocument): boolean {
  return !done || (state !== "stopped" && deliveries.some((delivery) => delivery.state === "pending"));
}
