import type { JobDocument } from "../api/status-document.ts";
import type { Instant } from "../domain/job.ts";
import { formatDuration } from "../domain/time-text.ts";
import { truncate } from "../domain/truncate-text.ts";
import { bdiElement, type Html, html, wrappableName } from "./html.ts";
import { type IconName, icon } from "./icon.ts";
import { presentState } from "./state-presentation.ts";
import { formatShortUtc, parseInstant, renderTime } from "./time-html.ts";
import {
  computeBar,
  computeTimelineSpan,
  jobDurationMs,
  renderBar,
  renderTimelineAxis,
  type Timeline,
} from "./timeline.ts";

/**
 * The maximum number of subjobs in a short tree of subjobs. In a long tree of subjobs, one line replaces several
 * succeeded subjobs.
 */
const MAX_SHORT_TREE = 14;
/** The minimum number of consecutive succeeded subjobs that one line replaces in the tree of subjobs. */
const MIN_FOLD = 4;
const MAX_NOTE_CHARACTERS = 400;
const MAX_PHASE_CHARACTERS = 24;
const UNNAMED = "Unnamed subjob";

interface Tree {
  readonly timeline: Timeline | null;
  readonly isLong: boolean;
  readonly now: Instant;
  /**
   * Is true if the watch of the job has ended. After the end of the watch, the durations of pending subjobs do not
   * increase.
   */
  readonly isOver: boolean;
}

/**
 * Renders a job and its subjobs as a tree with bars and as a table. Returns null for a job without subjobs.
 * @param now the time up to which the bars of pending subjobs extend.
 */
export function subJobsSection(job: JobDocument, now: Instant, isOver: boolean): Html | null {
  if (job.subJobs.length === 0) return null;
  const rows = [{ job, depth: 0 }, ...rowsBelow(job)];
  const timeline = computeTimelineSpan(job, now);
  const tree: Tree = { timeline, isLong: rows.length - 1 > MAX_SHORT_TREE, now, isOver };
  return html`<section id="steps" class="steps"><h2>Subjobs</h2>
<div class="chart">${timeline && renderTimelineAxis(timeline)}
<ol class="tree">${treeNode(job, tree)}</ol></div>
${timesTable(rows, isOver)}</section>`;
}

function treeNode(job: JobDocument, tree: Tree): Html {
  const key = job.jobId && html` data-key="${job.jobId}"`;
  if (job.subJobs.length === 0) return html`<li${key}>${treeRow(job, tree)}${note(job)}</li>`;
  const groups = groupSubJobs(job.subJobs, tree.isLong);
  return html`<li${key}><details${isInitiallyOpen(job, tree.isLong) && html` open`}><summary>${treeRow(job, tree)}</summary>
${note(job)}<ol>${groups.map((group) => treeGroup(group, tree))}</ol></details></li>`;
}

function treeGroup(group: readonly JobDocument[], tree: Tree): Html {
  const nodes = group.map((job) => treeNode(job, tree));
  if (nodes.length === 1) return html`${nodes}`;
  return html`<li><details class="fold"><summary><span class="row"><span class="name">${icon("succeeded")}${nodes.length} succeeded</span></span></summary>
<ol>${nodes}</ol></details></li>`;
}

function treeRow(job: JobDocument, tree: Tree): Html {
  const state = presentSubJob(job, tree.isOver);
  const name = html`<b>${wrappableName(job.type || UNNAMED)}</b>${
    job.resourceName && html` <span class="res">${bdiElement(job.resourceName)}</span>`
  }`;
  return html`<span class="row c-${state.icon}"><span class="name">${icon(state.icon)}<span>${name}</span></span>${
    tree.timeline && renderBar(computeBar(job, tree.timeline))
  }<span class="word">${state.text}</span><span class="took">${subJobDuration(job, tree)}</span></span>`;
}

function subJobDuration(job: JobDocument, { timeline, now, isOver }: Tree): string {
  const duration = jobDurationMs(job);
  if (duration !== null) return formatDuration(duration);
  const start = parseInstant(job.createdAt);
  const isRunning = job.state === "pending" && !isOver && start !== null && timeline !== null;
  // The script does not update this duration, because the bars and the axis next to it end at the same rounded time.
  return isRunning && start >= timeline.start ? formatDuration(now - start) : "–";
}

/**
 * Renders the reason that CCE states for a subjob that did not fail. Another section of the page shows the failure
 * reasons of failed subjobs.
 */
function note(job: JobDocument): Html | null {
  const reason = job.reason?.trim();
  if (!reason || job.state === "failed") return null;
  return html`<p class="note" dir="auto">${truncate(reason, MAX_NOTE_CHARACTERS)}</p>`;
}

/**
 * Returns the icon and the text for a subjob. The text for a pending subjob is the phase of the subjob.
 * The icon for a pending subjob is the icon for running if CCE has started the subjob and the watch of the job has not
 * ended.
 */
function presentSubJob(job: JobDocument, isOver: boolean): { icon: IconName; text: string } {
  if (job.state !== "pending") return presentState(job.state, true);
  const text = truncate(job.phase?.trim() || "No status", MAX_PHASE_CHARACTERS);
  return { icon: job.createdAt !== null && !isOver ? "running" : "waiting", text };
}

/**
 * Puts subjobs into groups and keeps the order of the subjobs. In a long tree of subjobs, four or more consecutive
 * succeeded subjobs are one group. The page shows a group of several subjobs as one line until the reader opens the
 * line. Every other subjob is a group with one subjob.
 */
export function groupSubJobs(
  subJobs: readonly JobDocument[],
  isLong: boolean,
): readonly (readonly JobDocument[])[] {
  const rows: JobDocument[][] = [];
  let isPreviousSucceeded = false;
  for (const job of subJobs) {
    const isSucceeded = isAllSucceeded(job);
    if (isSucceeded && isPreviousSucceeded) rows.at(-1)?.push(job);
    else rows.push([job]);
    isPreviousSucceeded = isSucceeded;
  }
  return rows.flatMap((row) => (isLong && row.length >= MIN_FOLD ? [row] : row.map((job) => [job])));
}

/**
 * Returns true if the page initially shows the subjobs of a job. In a long tree of subjobs, the page initially hides
 * the subjobs of a succeeded job.
 */
export function isInitiallyOpen(job: JobDocument, isLong: boolean): boolean {
  return !isLong || !isAllSucceeded(job);
}

function isAllSucceeded(job: JobDocument): boolean {
  return job.state === "succeeded" && job.subJobs.every(isAllSucceeded);
}

interface TableRow {
  readonly job: JobDocument;
  readonly depth: number;
}

function rowsBelow(job: JobDocument, depth = 1): readonly TableRow[] {
  return job.subJobs.flatMap((subJob) => [{ job: subJob, depth }, ...rowsBelow(subJob, depth + 1)]);
}

/** Renders the start and end times of the subjobs as a table, for readers who cannot see the bars of the subjobs. */
function timesTable(rows: readonly TableRow[], isOver: boolean): Html {
  return html`<details class="times"><summary>Times as a table</summary><div class="wide" tabindex="0" role="region" aria-label="Times of the subjobs"><table>
<thead><tr><th scope="col">Subjob</th><th scope="col">State</th><th scope="col">Created, UTC</th><th scope="col">Updated, UTC</th><th scope="col">Took</th></tr></thead>
<tbody>${rows.map((row) => tableRow(row, isOver))}</tbody></table></div></details>`;
}

function tableRow({ job, depth }: TableRow, isOver: boolean): Html {
  const duration = jobDurationMs(job);
  const [created, updated] = [job.createdAt, job.updatedAt].map((iso) => renderTime(iso, formatShortUtc));
  const name = html`<bdi>${job.type || UNNAMED}${job.resourceName && ` ${job.resourceName}`}</bdi>`;
  return html`<tr><th scope="row" class="d${Math.min(depth, 4)}">${name}</th><td>${presentSubJob(job, isOver).text}</td><td>${created ?? "–"}</td><td>${updated ?? "–"}</td><td>${duration === null ? "–" : formatDuration(duration)}</td></tr>
`;
}
