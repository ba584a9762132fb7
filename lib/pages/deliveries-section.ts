import type { AttemptDocument, DeliveryDocument } from "../api/delivery-document.ts";
import type { StatusDocument } from "../api/status-document.ts";
import type { DeliveryState, WatchState } from "../domain/job.ts";
import { formatDuration } from "../domain/time-text.ts";
import { bdiElement, type Html, html } from "./html.ts";
import { type IconName, icon } from "./icon.ts";
import { countdownTo, formatShortUtc, parseInstant, utcTimeElement } from "./time-html.ts";

/** Renders the targets of a job with the delivery attempts for each target. Returns null if the job has no targets. */
export function deliveriesSection(document: StatusDocument): Html | null {
  if (document.deliveries.length === 0) return null;
  return html`<section id="deliveries" class="deliveries"><h2>${document.done ? "Who was notified" : "Who will be notified"}</h2>
<ul>${document.deliveries.map((delivery) => deliveryEntry(delivery, document.state))}</ul></section>`;
}

function deliveryEntry(delivery: DeliveryDocument, watchState: WatchState): Html {
  const [iconName, text] = presentDelivery(delivery, watchState);
  const at = parseInstant(delivery.at);
  const next = parseInstant(delivery.nextAttemptAt);
  const attempts = delivery.attempts === 1 ? "1 attempt" : `${delivery.attempts} attempts`;
  return html`<li data-key="${delivery.target}"><p class="head">${icon(iconName)}<b>${bdiElement(delivery.target)}</b><span class="word c-${iconName}">${text}</span></p>
${at !== null && html`<p class="quiet">${utcTimeElement(at)}${answer(delivery)}, ${attempts}</p>`}
${next !== null && html`<p class="quiet">Next attempt ${countdownTo(next)}</p>`}
${delivery.history.length > 0 && attemptsTable(delivery)}</li>`;
}

type DeliveryPresentation = readonly [icon: IconName, text: string];

const ENDED_DELIVERIES: Readonly<Record<Exclude<DeliveryState, "pending">, DeliveryPresentation>> = {
  delivered: ["succeeded", "Delivered"],
  rejected: ["failed", "Rejected"],
  gone: ["failed", "Target is gone"],
  exhausted: ["failed", "Gave up"],
};

function presentDelivery(
  { state, attempts, history }: DeliveryDocument,
  watchState: WatchState,
): DeliveryPresentation {
  if (state !== "pending") return ENDED_DELIVERIES[state];
  if (watchState === "watching") return ["stopped", "When the job ends"];
  if (watchState === "stopped") return ["stopped", "Not notified"];
  // The first attempt with the verdict `gone` does not count, but another attempt follows.
  const isRetrying = attempts > 0 || history.at(-1)?.verdict === "gone";
  return isRetrying ? ["timed_out", "Retrying"] : ["running", "On its way"];
}

function answer({ lastStatus, lastReason }: DeliveryDocument): Html {
  return html`${lastReason && html`, ${bdiElement(readableReason(lastReason))}`}${lastStatus !== null && ` (HTTP ${lastStatus})`}`;
}

/**
 * Returns `Server error` for the failure reason `server_error`. Returns an error code of Node.js, such as `ECONNRESET`,
 * without a change.
 */
function readableReason(reason: string): string {
  const text = reason.replaceAll("_", " ");
  return /^[a-z]/.test(reason) ? text.charAt(0).toUpperCase() + text.slice(1) : reason;
}

function attemptsTable({ target, history }: DeliveryDocument): Html {
  return html`<details><summary>Attempts</summary><div class="wide" tabindex="0" role="region" aria-label="Attempts to notify ${target}"><table>
<thead><tr><th scope="col">At, UTC</th><th scope="col">Result</th><th scope="col">HTTP</th><th scope="col">Why</th><th scope="col">Took</th></tr></thead>
<tbody>${history.map(attemptRows)}</tbody></table></div></details>`;
}

function attemptRows(attempt: AttemptDocument): Html {
  const took =
    attempt.durationMs < 1000 ? `${Math.round(attempt.durationMs)} ms` : formatDuration(attempt.durationMs);
  return html`<tr><td>${formatShortUtc(Date.parse(attempt.at))}</td><td>${attempt.verdict}</td><td>${attempt.status ?? "–"}</td><td>${bdiElement(readableReason(attempt.reason))}</td><td>${took}</td></tr>
${attempt.answer.trim() && html`<tr><td colspan="5" class="answer" dir="auto">${attempt.answer.trim()}</td></tr>`}`;
}
