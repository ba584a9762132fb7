import type { StatusDocument } from "../api/status-document.ts";
import { type CauseInTree, describeFailedOfTotal, formatFirstResourceNames } from "../domain/cause.ts";
import { type Instant, wasJobObserved } from "../domain/job.ts";
import { operationNameOrJobType } from "../domain/operation-kind.ts";
import { isExplainedByReasonNotCauses } from "../domain/state-text.ts";
import { JOB_PAGE_CSS, PAGE_CSS } from "./browser.generated.ts";
import { renderTargetsSection } from "./deliveries-section.ts";
import { jobStartOrAcceptanceTime, renderHeadlineSection } from "./headline-section.ts";
import { type Html, html, type Part, renderBdiElement, renderTextWithLinks } from "./html.ts";
import { type RenderedPage, renderHtmlPage, renderPageFooter } from "./page-shell.ts";
import { presentState, renderStateIcon } from "./state-icons.ts";
import { renderSubJobsSection } from "./subjobs-section.ts";
import {
  parseAndRenderTimeOrNull,
  parseInstantSince2000,
  renderCountdown,
  renderTime,
  renderTimeWithAgeAddedByScript,
  roundNowDownByAge,
} from "./time-html.ts";
import { formatSvgPercent } from "./timeline.ts";

/**
 * A failure reason with more than `MAX_UNSCROLLED_CHARACTERS` characters gets a scroll bar, so that the next failed
 * subjob stays visible.
 */
const MAX_UNSCROLLED_CHARACTERS = 1600;
/** If a page shows several failure reasons, each reason with more characters than this number gets a scroll bar. */
const MAX_UNSCROLLED_OF_SEVERAL = 500;
const MAX_UNSCROLLED_LINES = 12;
/**
 * The number of causes that the page shows before the reader opens the whole list. If a job has more than three
 * causes, the list does not show the paths of subjobs, because the list would be too long on a narrow page.
 */
const SHOWN_CAUSES = 3;

/**
 * Renders the status page of a job. Without scripts, the page still contains all data. A script updates the page until
 * the job has ended and all notifications are finished. While the status of the job stays the same, the HTML changes at
 * most every 15 seconds, so a hash of the HTML is a good ETag.
 * @param listUrl the URL of the page with all jobs of the project. If the reader may not open that page, `listUrl` is
 * null
 */
export function renderJobPage(document: StatusDocument, now: Instant, listUrl: string | null): RenderedPage {
  const state = presentState(document.state, wasJobObserved(document), document.ready);
  const roundedNow = roundNowDownByAge(now, jobStartOrAcceptanceTime(document));
  const name = [operationNameOrJobType(document.type ?? "Job"), document.resourceName]
    .filter(Boolean)
    .join(" ");
  const project = renderBdiElement(document.project);
  const sections = [failuresSection(document), renderSubJobsSection(document, roundedNow)].filter(Boolean);
  const deliveries = renderTargetsSection(document);
  return renderHtmlPage({
    title: `${state.sign} ${state.text} · ${name} · ${document.project}`,
    icon: state.icon,
    css: [PAGE_CSS, JOB_PAGE_CSS],
    script: mayChange(document) ? "live" : "ended",
    hasForms: false,
    body: html`<header class="top"><p>${listUrl === null ? project : html`<a href="${listUrl}">${project}</a>`}${
      document.region && html` <span>${renderBdiElement(document.region)}</span>`
    }</p><p id="live" data-keep></p></header>
<main>
${renderHeadlineSection(document, roundedNow)}
<div class="body${sections.length > 0 && deliveries && " split"}">${sections.length > 0 && html`<div class="main">${sections}</div>`}
${deliveries && html`<div class="aside">${deliveries}</div>`}</div>
${detailsSection(document, roundedNow)}
</main>
${renderPageFooter("../../docs")}`,
  });
}

function mayChange({ done, state, deliveries }: StatusDocument): boolean {
  return !done || (state !== "stopped" && deliveries.some((delivery) => delivery.state === "pending"));
}

/**
 * Renders the reason why a watch ended, and the causes of a failed job. The most frequent cause comes first. If the job
 * has neither failed subjobs nor a reason, the result is null.
 */
function failuresSection({ state, reason, causes, causesOmitted }: StatusDocument): Html | null {
  // The causes already contain the reason of the job, so the page does not show it again.
  const isReasonShown = causes.length === 0 || isExplainedByReasonNotCauses(state);
  const jobReason = isReasonShown ? reason?.trim() || null : null;
  if (causes.length === 0 && jobReason === null) return null;
  const entries = causes.map(causeEntry);
  const folded = entries.slice(SHOWN_CAUSES);
  const hasFailed = causes.length > 0 || state === "failed";
  const failedTitle = html`<h2>What failed</h2>`;
  return html`<section id="failures" class="failures${hasFailed && " c-failed"}">${jobReason && state !== "failed" ? html`<h2>Why</h2>` : failedTitle}
${jobReason && reasonBox(jobReason, "Reason of the job", MAX_UNSCROLLED_CHARACTERS)}
${jobReason && causes.length > 0 && failedTitle}
${causes.length > 0 && html`<ol>${entries.slice(0, SHOWN_CAUSES)}</ol>`}
${folded.length > 0 && html`<details><summary>${moreCauses(folded.length)}</summary><ol>${folded}</ol></details>`}
${causesOmitted > 0 && html`<p class="quiet">and ${moreCauses(causesOmitted)}</p>`}</section>`;
}

const moreCauses = (count: number): string => `${count} more ${count === 1 ? "cause" : "causes"}`;

function causeEntry(cause: CauseInTree, index: number, causes: readonly CauseInTree[]): Html {
  const { type, reason, hint, path } = cause;
  const names = formatFirstResourceNames(cause);
  const name = type ?? "unknown";
  const shown = reason?.trim();
  const limit = causes.length === 1 ? MAX_UNSCROLLED_CHARACTERS : MAX_UNSCROLLED_OF_SEVERAL;
  return html`<li><h3 class="path">${renderStateIcon("failed")}<span><b>${renderBdiElement(describeFailedOfTotal(cause))}</b>${
    names !== "" && html` <span class="res">${renderBdiElement(names)}</span>`
  }</span></h3>
${path.length > 1 && causes.length <= SHOWN_CAUSES && html`<p class="quiet">${renderBdiElement(path.join(" › "))}</p>`}
${shown ? reasonBox(shown, `Reason ${index + 1}, of ${name}`, limit) : html`<p class="quiet">The cloud gives no reason.</p>`}
${hint && html`<p class="hint"><b>Hint</b> ${renderTextWithLinks(hint)}</p>`}</li>`;
}

function reasonBox(reason: string, label: string, limit: number): Html {
  if (reason.length <= limit && reason.split("\n").length <= MAX_UNSCROLLED_LINES)
    return html`<pre class="reason" dir="auto">${reason}</pre>`;
  return html`<pre class="reason long" dir="auto" tabindex="0" role="region" aria-label="${label}">${reason}</pre>`;
}

type Fact = readonly [term: string, value: Part];

/**
 * Renders the section `Details` for operators: IDs, states, times and polls. The line `Detected` shows how long after
 * the end of the job a poll detected the end.
 */
function detailsSection(document: StatusDocument, now: Instant): Html {
  const { jobId, project, region, clusterId, polls, done, lagSeconds } = document;
  const resourceId = document.resourceId === clusterId ? null : document.resourceId;
  return html`<section id="details"><details><summary><h2>Details</h2></summary>
${factList([
  ["Job ID", copyable(jobId, "job ID")],
  ["Cluster ID", clusterId && copyable(clusterId, "cluster ID")],
  ["Resource ID", resourceId && copyable(resourceId, "resource ID")],
  ["Project", renderBdiElement(project)],
  ["Region", region && renderBdiElement(region)],
  ["State", html`<code>${document.state}</code>`],
  ["Phase", document.phase && html`<code>${renderBdiElement(document.phase)}</code>`],
  ["Created", parseAndRenderTimeOrNull(document.createdAt, renderTime)],
  ["Updated", parseAndRenderTimeOrNull(document.updatedAt, renderTime)],
  ["Accepted", parseAndRenderTimeOrNull(document.acceptedAt, renderTime)],
  ["Concluded", done && parseAndRenderTimeOrNull(document.concludedAt, renderTime)],
  ["Deadline", !done && parseAndRenderTimeOrNull(document.deadlineAt, renderTime)],
  ["Polls", String(polls)],
  ["Latest poll", parseAndRenderTimeOrNull(document.polledAt.at(-1) ?? null, renderTimeWithAgeAddedByScript)],
  ["Next poll", !done && parseAndRenderTimeOrNull(document.nextPollAt, renderCountdown)],
  ["Detected", lagSeconds !== null && `${lagSeconds.toFixed(1)} s after the job’s end`],
])}
${pollStrip(document, now)}</details></section>`;
}

/** Renders an HTML list of terms and values. The HTML list omits terms with an unknown value. */
function factList(entries: readonly Fact[]): Html {
  const known = entries.filter(([, value]) => value);
  return html`<dl>${known.map(
    ([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>
`,
  )}</dl>`;
}

/** Renders a text together with a copy button. If the browser runs no scripts, the copy button is hidden. */
function copyable(text: string, what: string): Html {
  return html`<code><bdi>${text}</bdi></code> <button type="button" data-copy="${text}" aria-label="Copy the ${what}" hidden>Copy</button>`;
}

/**
 * Renders a line with a mark for each poll, and a circle for the next poll. Before the first poll, the result is null.
 */
function pollStrip(document: StatusDocument, now: Instant): Html | null {
  const polledAt = document.polledAt.map((at) => Date.parse(at));
  if (polledAt.length === 0) return null;
  const next = document.done ? null : parseInstantSince2000(document.nextPollAt);
  const accepted = Date.parse(document.acceptedAt);
  const start = document.polls > polledAt.length ? Math.min(...polledAt) : Math.min(accepted, ...polledAt);
  const end = Math.max(
    parseInstantSince2000(document.concludedAt) ?? now,
    next ?? 0,
    ...polledAt,
    start + 1000,
  );
  const x = (instant: Instant) => formatSvgPercent(0.015 + (0.97 * (instant - start)) / (end - start));
  const label = polledAt.length === 1 ? "One poll" : `The latest ${polledAt.length} polls`;
  return html`<svg class="strip" role="img" aria-label="${label} on a line of time"><line class="base" x1="0" x2="100%" y1="9" y2="9"/>${polledAt.map(
    (at) => html`<line x1="${x(at)}" x2="${x(at)}" y1="3" y2="15"/>`,
  )}${next !== null && html`<circle cx="${x(next)}" cy="9" r="3"/>`}</svg>`;
}
