import type { StatusDocument } from "../api/status-document.ts";
import { type Cause, listResources } from "../domain/cause.ts";
import { bdiElement, type Html, html, linkUrls } from "./html.ts";
import { icon } from "./icon.ts";

/**
 * The maximum length of a failure reason without a scroll bar. A longer failure reason has its own scroll bar, so that
 * the reader sees the next failed subjob without much scrolling.
 */
const MAX_UNSCROLLED_CHARACTERS = 1600;

/**
 * Renders the causes of a failed job, the most frequent cause first. Returns null if the job has no failed subjobs and no
 * failure reason.
 */
export function failuresSection({ state, reason, causes, causesOmitted }: StatusDocument): Html | null {
  // A cause contains the reason of its nearest parent, so the reason of the job adds nothing to the causes.
  const jobReason = causes.length > 0 ? null : reason?.trim() || null;
  if (causes.length === 0 && jobReason === null) return null;
  const hasFailed = causes.length > 0 || state === "failed";
  return html`<section id="failures" class="failures${hasFailed && " c-failed"}"><h2>${hasFailed ? "What failed" : "Why"}</h2>
${jobReason && reasonBox(jobReason, "Reason of the job")}
${causes.length > 0 && html`<ol>${causes.map(causeEntry)}</ol>`}
${causesOmitted > 0 && html`<p class="quiet">and ${causesOmitted} more ${causesOmitted === 1 ? "cause" : "causes"}</p>`}</section>`;
}

function causeEntry(cause: Cause, index: number): Html {
  const { type, reason, hint, count } = cause;
  const names = listResources(cause);
  const name = type ?? "unknown";
  const shown = reason?.trim();
  return html`<li><h3 class="path">${icon("failed")}<span>${count > 1 && `${count} × `}<b>${bdiElement(name)}</b>${
    names !== "" && html` <span class="res">${bdiElement(names)}</span>`
  }</span></h3>
${shown ? reasonBox(shown, `Reason ${index + 1}, of ${name}`) : html`<p class="quiet">The cloud gives no reason.</p>`}
${hint && html`<p class="hint"><b>Hint</b> ${linkUrls(hint)}</p>`}</li>`;
}

function reasonBox(reason: string, label: string): Html {
  if (reason.length <= MAX_UNSCROLLED_CHARACTERS) return html`<pre class="reason" dir="auto">${reason}</pre>`;
  return html`<pre class="reason long" dir="auto" tabindex="0" role="region" aria-label="${label}">${reason}</pre>`;
}
