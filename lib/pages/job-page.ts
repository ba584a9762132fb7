import type { StatusDocument } from "../api/status-document.ts";
import { type Instant, jobWasSeen } from "../domain/job.ts";
import { deliveries } from "./deliveries.ts";
import { context, facts } from "./facts.ts";
import { failures } from "./failures.ts";
import { headline, startOf } from "./headline.ts";
import { html } from "./html.ts";
import { polls } from "./polls.ts";
import { type RenderedPage, renderShell } from "./shell.ts";
import { faceOf } from "./state-presentation.ts";
import { BASE_STYLE } from "./style/base.ts";
import { CHART_STYLE } from "./style/chart.ts";
import { JOB_STYLE } from "./style/job.ts";
import { calmNow, instantOf } from "./time.ts";
import { jobTree } from "./tree.ts";
import { foreign } from "./untrusted.ts";

export interface JobPage {
  readonly document: StatusDocument;
  readonly now: Instant;
  /** `list` and `api` only where the reader of this page may open them. */
  readonly link: { readonly list?: string; readonly api?: string };
  readonly consoleUrl: string | null;
}

/**
 * The status page of one job, complete without its script. It asks for itself at its own URL while there is news to
 * come: until the job has ended and every target has been told or given up. Its bytes change with the document, and
 * otherwise only every 15 seconds (or less often), so the hash of them is a good ETag.
 */
export function renderJobPage({ document, now, link, consoleUrl }: JobPage): RenderedPage {
  const face = faceOf(document.state, jobWasSeen(document));
  const calm = calmNow(now, startOf(document));
  const until = document.done ? (instantOf(document.concludedAt) ?? calm) : calm;
  const name = [document.type ?? "Job", document.resourceName].filter(Boolean).join(" ");
  return renderShell({
    title: `${face.sign} ${face.word} · ${name} · ${document.project}`,
    face: face.name,
    styles: [BASE_STYLE, CHART_STYLE, JOB_STYLE],
    script: hasNewsToCome(document) ? "live" : "ended",
    forms: false,
    body: html`<header class="top"><p>${link.list ? html`<a href="${link.list}">${foreign(document.project)}</a>` : foreign(document.project)}${
      document.region && html` <span>${foreign(document.region)}</span>`
    }</p><p id="live" data-keep></p></header>
<main>
${headline(document, calm)}
<div class="body"><div class="main">${failures(document)}
${document.job && jobTree(document.job, until, document.done)}
${polls(document, calm)}</div>
<div class="aside">${deliveries(document)}
${facts(document, { console: consoleUrl, api: link.api ?? null })}
${context(document)}</div></div>
</main>`,
  });
}

function hasNewsToCome({ done, state, deliveries: notifications }: StatusDocument): boolean {
  if (!done) return true;
  return state !== "stopped" && notifications.some((notification) => notification.state === "pending");
}
