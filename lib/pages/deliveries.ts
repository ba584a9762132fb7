import type { AttemptDocument, DeliveryDocument } from "../api/delivery-document.ts";
import type { StatusDocument } from "../api/status-document.ts";
import type { WatchState } from "../domain/job.ts";
import { formatDuration } from "../domain/time-text.ts";
import { type Html, html } from "./html.ts";
import { icon } from "./icon.ts";
import type { Face } from "./state-presentation.ts";
import { instantOf, moment, momentTo, shortTime } from "./time.ts";
import { foreign } from "./untrusted.ts";

/** Who is told of the end: each target with its state, what it answered and every attempt; null for no targets. */
export function deliveries(document: StatusDocument): Html | null {
  if (document.deliveries.length === 0) return null;
  return html`<section id="told" class="told"><h2>${!document.done ? "Who will be told" : "Who was told"}</h2>
<ul>${document.deliveries.map((delivery) => entry(delivery, document.state))}</ul></section>`;
}

function entry(delivery: DeliveryDocument, job: WatchState): Html {
  const [face, word] = faceOfDelivery(delivery, job);
  const at = instantOf(delivery.at);
  const next = instantOf(delivery.nextAttemptAt);
  return html`<li data-key="${delivery.target}"><p class="head">${icon(face)}<b>${foreign(delivery.target)}</b><span class="word c-${face}">${word}</span></p>
${at !== null && html`<p class="quiet">${moment(at)}${answer(delivery)}, ${times(delivery.attempts)}</p>`}
${next !== null && html`<p class="quiet">Next attempt ${momentTo(next)}</p>`}
${delivery.history.length > 0 && history(delivery)}</li>`;
}

function faceOfDelivery(delivery: DeliveryDocument, job: WatchState): [Face["name"], string] {
  switch (delivery.state) {
    case "delivered":
      return ["succeeded", "Delivered"];
    case "rejected":
      return ["failed", "Rejected"];
    case "gone":
      return ["failed", "Target is gone"];
    case "exhausted":
      return ["failed", "Gave up"];
    case "pending":
      if (job === "watching") return ["stopped", "When it ends"];
      if (job === "stopped") return ["stopped", "Not told"];
      return delivery.attempts > 0 ? ["timed_out", "Retrying"] : ["running", "On its way"];
    default:
      return delivery.state satisfies never;
  }
}

function answer({ lastStatus, lastReason }: DeliveryDocument): Html {
  return html`${lastStatus !== null && `, HTTP ${lastStatus}`}${lastReason && html`, ${foreign(lastReason)}`}`;
}

function times(attempts: number): string {
  return attempts === 1 ? "1 attempt" : `${attempts} attempts`;
}

function history({ target, history: attempts }: DeliveryDocument): Html {
  return html`<details><summary>Attempts</summary><div class="wide" tabindex="0" role="region" aria-label="Attempts to tell ${target}"><table>
<thead><tr><th scope="col">At, UTC</th><th scope="col">Verdict</th><th scope="col">HTTP</th><th scope="col">Why</th><th scope="col">Took</th></tr></thead>
<tbody>${attempts.map(attemptLines)}</tbody></table></div></details>`;
}

function attemptLines(attempt: AttemptDocument): Html {
  const took =
    attempt.durationMs < 1000 ? `${Math.round(attempt.durationMs)} ms` : formatDuration(attempt.durationMs);
  return html`<tr><td>${shortTime(Date.parse(attempt.at))}</td><td>${attempt.verdict}</td><td>${attempt.status ?? "–"}</td><td>${foreign(attempt.reason)}</td><td>${took}</td></tr>
${attempt.answer.trim() && html`<tr><td colspan="5" class="answer" dir="auto">${attempt.answer.trim()}</td></tr>`}`;
}
