import type { StatusDocument } from "../api/status-document.ts";
import { type Instant, wasJobObserved } from "../domain/job.ts";
import { jobTypeText } from "../domain/operation-kind.ts";
import { JOB_PAGE_CSS, PAGE_CSS } from "./browser.generated.ts";
import { deliveriesSection } from "./deliveries-section.ts";
import { detailsSection } from "./details-section.ts";
import { failuresSection } from "./failures-section.ts";
import { headlineSection, jobStartTime } from "./headline-section.ts";
import { bdiElement, html } from "./html.ts";
import { pageFooter, type RenderedPage, renderPage } from "./page-shell.ts";
import { presentState } from "./state-presentation.ts";
import { subJobsSection } from "./subjobs-section.ts";
import { roundNowByAge } from "./time-html.ts";

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
  const name = [jobTypeText(document.type ?? "Job"), document.resourceName].filter(Boolean).join(" ");
  const project = bdiElement(document.project);
  const sections = [failuresSection(document), subJobsSection(document, roundedNow)].filter(Boolean);
  const deliveries = deliveriesSection(document);
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
<div class="body${sections.length > 0 && deliveries && " split"}">${sections.length > 0 && html`<div class="main">${sections}</div>`}
${deliveries && html`<div class="aside">${deliveries}</div>`}</div>
${detailsSection(document, roundedNow)}
</main>
${pageFooter("../../docs")}`,
  });
}

function mayChange({ done, state, deliveries }: StatusDocument): boolean {
  return !done || (state !== "stopped" && deliveries.some((delivery) => delivery.state === "pending"));
}
