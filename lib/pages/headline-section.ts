import type { StatusDocument } from "../api/status-document.ts";
import { createClusterConsoleUrl } from "../domain/console-url.ts";
import { explainUnclearWatchState, type Instant, wasJobObserved } from "../domain/job.ts";
import { isOperationWithoutJob, operationNameOrJobType } from "../domain/operation-kind.ts";
import { formatDuration } from "../domain/time-text.ts";
import {
  type Html,
  html,
  normalizeHttpUrl,
  renderBdiElement,
  renderExternalLinkWithoutReferrer,
} from "./html.ts";
import { presentState, renderStateIcon } from "./state-icons.ts";
import {
  parseInstantSince2000,
  renderCountdown,
  renderRunningDuration,
  renderTimesInText,
  renderTimeWithAgeAddedByScript,
} from "./time-html.ts";
import { formatSvgPercent } from "./timeline.ts";

/** Renders the top of the status page: state, name, duration, origin, the latest poll error and warnings. */
export function renderHeadlineSection(document: StatusDocument, now: Instant): Html {
  const wasObserved = wasJobObserved(document);
  const state = presentState(document.state, wasObserved, document.ready);
  const consoleUrl = createClusterConsoleUrl(document.region, document.clusterId);
  const explanation = explainUnclearWatchState(document.state, wasObserved);
  return html`<header id="headline" class="headline c-${state.icon}">
${renderStateIcon(state.icon)}
<div class="what"><p class="state" role="status">${state.text}</p>
<h1>${renderBdiElement(operationNameOrJobType(document.type ?? "Job"))}${document.resourceName && html` <span class="res">${renderBdiElement(document.resourceName)}</span>`}</h1></div>
<p class="clock">${clock(document, now)}</p>
<div class="sum">${progress(document.leafSubJobs)}
${originLine(document.context)}
${document.done ? html`<p>${endLine(document)}</p>` : waitingLine(document, wasObserved)}
${document.expected && html`<p>${usualDuration(document.expected)}</p>`}
${explanation && html`<p>${explanation}</p>`}
${!document.done && isOperationWithoutJob(document.type) && document.reason && html`<p>${renderBdiElement(document.reason)}</p>`}
${consoleUrl && html`<p>${renderExternalLinkWithoutReferrer(consoleUrl, "Open in the cloud’s console")}</p>`}
${document.lastPollError && html`<p class="error"><b>Last poll failed:</b> <bdi>${renderTimesInText(document.lastPollError)}</bdi></p>`}
${document.warnings.map((text) => html`<p class="error" dir="auto">${text}</p>`)}</div>
</header>`;
}

/**
 * Renders one line: who started the job, the pipeline, the commit and the labels. The text omits each value that is
 * missing.
 */
function originLine({ actor, pipeline, runUrl, commit, labels = {} }: StatusDocument["context"]): Html {
  const run = normalizeHttpUrl(runUrl);
  const parts = [
    run
      ? renderExternalLinkWithoutReferrer(run, runLabel(run, pipeline))
      : pipeline && renderBdiElement(pipeline),
    actor && html`by ${renderBdiElement(actor)}`,
    commit && html`at <code>${renderBdiElement(commit)}</code>`,
  ].filter(Boolean);
  const shownLabels = Object.entries(labels);
  return html`${parts.length > 0 && html`<p>Started ${parts.map((part) => html`${part} `)}</p>`}${
    shownLabels.length > 0 &&
    html`<ul class="labels" aria-label="Labels">${shownLabels.map(
      ([name, value]) => html`<li>${renderBdiElement(name)}: ${renderBdiElement(value)}</li>`,
    )}</ul>`
  }`;
}

/**
 * Returns the text for a link to a pipeline run. A caller can choose any pipeline name, so the text also shows the host
 * of the URL. If the pipeline name already begins with the scheme and the host of the URL, the text is only the
 * pipeline name.
 */
function runLabel(run: string, pipeline: string | undefined): string {
  const { host, origin } = new URL(run);
  const startsWithOrigin = pipeline === origin || pipeline?.startsWith(`${origin}/`);
  return startsWithOrigin ? String(pipeline) : `${pipeline ?? "Open the run"} (${host})`;
}

/** Returns the usual duration of a job as text, for example `Usually 7–9 min (from 42 jobs).` */
function usualDuration({
  p50Seconds,
  p90Seconds,
  fromJobs,
}: NonNullable<StatusDocument["expected"]>): string {
  const [from, to] = [roundToUnit(p50Seconds), roundToUnit(p90Seconds)];
  const range =
    from.unit !== to.unit
      ? `${from.count} ${from.unit} to ${to.count}`
      : from.count === to.count
        ? `about ${from.count}`
        : `${from.count}–${to.count}`;
  return `Usually ${range} ${to.unit} (from ${fromJobs === 1 ? "1 job" : `${fromJobs} jobs`}).`;
}

/** Rounds a duration to whole seconds, minutes or hours. */
function roundToUnit(seconds: number): { readonly count: number; readonly unit: string } {
  const [size, unit] = seconds < 120 ? [1, "s"] : seconds < 7200 ? [60, "min"] : [3600, "h"];
  return { count: Math.round(seconds / size), unit };
}

/**
 * Returns the time when the job started. If the start of the job is unknown, the result is the time at which the watch
 * was accepted.
 */
export function jobStartOrAcceptanceTime(document: StatusDocument): Instant {
  return (
    parseInstantSince2000(document.createdAt) ??
    parseInstantSince2000(document.job?.createdAt ?? null) ??
    Date.parse(document.acceptedAt)
  );
}

function clock(document: StatusDocument, now: Instant): Html | string | null {
  if (!document.done) return renderRunningDuration(jobStartOrAcceptanceTime(document), now);
  return document.durationSeconds === null ? null : formatDuration(document.durationSeconds * 1000);
}

function endLine(document: StatusDocument): Html {
  const jobEnded = ["succeeded", "failed", "not_ready"].includes(document.state);
  const end =
    (jobEnded ? parseInstantSince2000(document.updatedAt) : null) ??
    parseInstantSince2000(document.concludedAt);
  const label = jobEnded ? "Ended" : "Watched until";
  return html`${end !== null && html`${label} ${renderTimeWithAgeAddedByScript(end)}.`}`;
}

/**
 * Before a poll has found the job, renders the time of the next poll. If a poll has found the job, the result is null.
 */
function waitingLine(document: StatusDocument, wasObserved: boolean): Html | null {
  if (document.polls === 0) return html`<p>Accepted. The first poll is about to start.</p>`;
  if (wasObserved) return null;
  const next = parseInstantSince2000(document.nextPollAt);
  return html`<p>No poll has seen the job yet.${next !== null && html` Next poll ${renderCountdown(next)}.`}</p>`;
}

/** Renders the progress of the subjobs as a bar with a text. If the job has no subjobs, the result is null. */
function progress(counts: StatusDocument["leafSubJobs"]): Html | null {
  if (counts.total <= 0) return null;
  const succeeded = counts.succeeded / counts.total;
  const failed = counts.failed / counts.total;
  const texts = [
    `${counts.succeeded} of ${counts.total} ${counts.total === 1 ? "subjob" : "subjobs"} succeeded`,
    counts.failed > 0 && `${counts.failed} failed`,
    counts.pending > 0 && `${counts.pending} pending`,
  ].filter((text) => text !== false);
  return html`<svg class="progress" aria-hidden="true"><rect class="f-succeeded" x="0" width="${formatSvgPercent(succeeded)}" height="6"/><rect class="f-failed" x="${formatSvgPercent(succeeded)}" width="${formatSvgPercent(failed)}" height="6"/></svg>
<p>${texts.join(", ")}</p>`;
}
