import type { StatusDocument } from "../api/status-document.ts";
import { type Cause, listResources } from "../domain/cause.ts";
import { bdiElement, type Html, html, linkUrls } from "./html.ts";
import { icon } from "./icon.ts";

/**
 * The maximum length of a failure reason without a scroll bar. A longer failure reason has its own scroll bar, so that
 * the reader sees the next failed subjob without much scrolling.
 */
const MAX_UNSCROLLED_CHARACTERS = 1600;
/** The maximum length of a failure reason without a scroll bar if the page shows several failure reasons. */
const MAX_UNSCROLLED_OF_SEVERAL = 500;
const MAX_UNSCROLLED_LINES = 12;
/** The number of causes that the page shows before the reader opens the list of the other causes. */
const SHOWN_CAUSES = 3;

/**
 * Renders the causes of a failed job, the most frequent cause first. Returns null if the job has no failed subjobs and no
 * failure reason.
 */
export function failuresSection({ state, reason, causes, causesOmitted }: StatusDocument): Html | null {
  // A cause contains the reason of its nearest parent, so the reason of the job adds nothing to the causes.
  const jobReason = causes.length > 0 ? null : reason?.trim() || null;
  if (causes.length === 0 && jobReason === null) return null;
  const entries = causes.map(causeEntry);
  const folded = entries.slice(SHOWN_CAUSES);
  const hasFailed = causes.length > 0 || state === "failed";
  return html`<section id="failures" class="failures${hasFailed && " c-failed"}"><h2>${hasFailed ? "What failed" : "Why"}</h2>
${jobReason && reasonBox(jobReason, "Reason of the job", MAX_UNSCROLLED_CHARACTERS)}
${causes.length > 0 && html`<ol>${entries.slice(0, SHOWN_CAUSES)}</ol>`}
${folded.length > 0 && html`<details><summary>${moreCauses(folded.length)}</summary><ol>${folded}</ol></details>`}
${causesOmitted > 0 && html`<p class="quiet">and ${moreCauses(causesOmitted)}</p>`}</section>`;
}

const moreCauses = (count: number): string => `${count} more ${count === 1 ? "cause" : "causes"}`;

function causeEntry(cause: Cause, index: number, causes: readonly Cause[]): Html {
  const { type, reason, hint, count } = cause;
  const names = listResources(cause);
  const name = type ?? "unknown";
  const shown = reason?.trim();
  const limit = causes.length === 1 ? MAX_UNSCROLLED_CHARACTERS : MAX_UNSCROLLED_OF_SEVERAL;
  return html`<li><h3 class="path">${icon("failed")}<span>${count > 1 && `${count} × `}<b>${bdiElement(name)}</b>${
    names !== "" && html` <span class="res">${bdiElement(names)}</span>`
  }</span></h3>
${shown ? reasonBox(shown, `Reason ${index + 1}, of ${name}`, limit) : html`<p class="quiet">The cloud gives no reason.</p>`}
${hint && html`<p class="hint"><b>Hint</b> ${linkUrls(hint)}</p>`}</li>`;
}

function reasonBox(reason: string, label: string, limit: number): Html {
  if (reason.length <= limit && reason.split("\n").length <= MAX_UNSCROLLED_LINES)
    return html`<pre class="reason" dir="auto">${reason}</pre>`;
  return html`<pre class="reason long" dir="auto" tabindex="0" role="region" aria-label="${label}">${reason}</pre>`;
}
