import type { StatusDocument } from "../api/status-document.ts";
import type { Failure } from "../domain/failures.ts";
import { type Html, html } from "./html.ts";
import { icon } from "./icon.ts";
import { foreign, withLinks } from "./untrusted.ts";

/** A reason longer than this scrolls in a box of its own, so that the next failure stays near. */
const LONG_REASON = 1600;

/** What failed and why, in the cloud's own words and line breaks; null when there is nothing to say. */
export function failures(document: StatusDocument): Html | null {
  const own = ownReason(document);
  if (document.failures.length === 0 && own === null) return null;
  const failed = document.failures.length > 0 || document.state === "failed";
  return html`<section id="failures" class="failures${failed && " c-failed"}"><h2>${failed ? "What failed" : "Why"}</h2>
${own && reasonBox(own, "Reason of the job")}
${document.failures.length > 0 && html`<ol>${document.failures.map(entry)}</ol>`}</section>`;
}

/** The job's own reason, unless a failed subjob says the same. */
function ownReason(document: StatusDocument): string | null {
  const reason = document.reason?.trim();
  if (!reason || document.failures.some((failure) => failure.reason?.trim() === reason)) return null;
  return reason;
}

function entry(failure: Failure, index: number): Html {
  const name = failure.path.at(-1) ?? "";
  return html`<li><h3 class="path">${icon("failed")}<span>${failure.path
    .slice(0, -1)
    .map((step) => html`${foreign(step)}<i> › </i>`)}<b>${foreign(name)}</b>${
    failure.resourceName && html` <span class="res">${foreign(failure.resourceName)}</span>`
  }</span></h3>
${failure.reason?.trim() ? reasonBox(failure.reason.trim(), `Reason ${index + 1}, of ${name}`) : html`<p class="quiet">The cloud gives no reason.</p>`}
${failure.hint && html`<p class="hint"><b>Hint</b> ${withLinks(failure.hint)}</p>`}</li>`;
}

function reasonBox(reason: string, label: string): Html {
  if (reason.length <= LONG_REASON) return html`<pre class="reason" dir="auto">${reason}</pre>`;
  return html`<pre class="reason long" dir="auto" tabindex="0" role="region" aria-label="${label}">${reason}</pre>`;
}
