import type { StatusDocument } from "../api/status-document.ts";
import type { Failure } from "../domain/failures.ts";
import { bdiElement, type Html, html, linkUrls } from "./html.ts";
import { icon } from "./icon.ts";

/**
 * The maximum length of a failure reason without a scroll bar. A longer failure reason has its own scroll bar, so that
 * the reader sees the next failed subjob without much scrolling.
 */
const MAX_UNSCROLLED_CHARACTERS = 1600;

/**
 * Renders the failed subjobs and their failure reasons. Returns null if the job has no failed subjobs and no failure
 * reason.
 */
export function failuresSection(document: StatusDocument): Html | null {
  const jobReason = jobReasonOf(document);
  if (document.failures.length === 0 && jobReason === null) return null;
  const hasFailed = document.failures.length > 0 || document.state === "failed";
  return html`<section id="failures" class="failures${hasFailed && " c-failed"}"><h2>${hasFailed ? "What failed" : "Why"}</h2>
${jobReason && reasonBox(jobReason, "Reason of the job")}
${document.failures.length > 0 && html`<ol>${document.failures.map(failureEntry)}</ol>`}</section>`;
}

/** Returns the failure reason of the job. Returns null if a failed subjob has the same failure reason. */
function jobReasonOf(document: StatusDocument): string | null {
  const reason = document.reason?.trim();
  if (!reason || document.failures.some((failure) => failure.reason?.trim() === reason)) return null;
  return reason;
}

function failureEntry(failure: Failure, index: number): Html {
  const name = failure.path.at(-1) ?? "";
  return html`<li><h3 class="path">${icon("failed")}<span>${failure.path
    .slice(0, -1)
    .map((step) => html`${bdiElement(step)}<i> › </i>`)}<b>${bdiElement(name)}</b>${
    failure.resourceName && html` <span class="res">${bdiElement(failure.resourceName)}</span>`
  }</span></h3>
${failure.reason?.trim() ? reasonBox(failure.reason.trim(), `Reason ${index + 1}, of ${name}`) : html`<p class="quiet">The cloud gives no reason.</p>`}
${failure.hint && html`<p class="hint"><b>Hint</b> ${linkUrls(failure.hint)}</p>`}</li>`;
}

function reasonBox(reason: string, label: string): Html {
  if (reason.length <= MAX_UNSCROLLED_CHARACTERS) return html`<pre class="reason" dir="auto">${reason}</pre>`;
  return html`<pre class="reason long" dir="auto" tabindex="0" role="region" aria-label="${label}">${reason}</pre>`;
}
