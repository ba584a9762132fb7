import type { JobDocument, StatusDocument } from "../api/status-document.ts";
import type { Instant } from "../domain/job.ts";
import { formatDuration, toIsoOrThrow } from "../domain/time-text.ts";
import { truncate } from "../domain/truncate-text.ts";
import { type Html, html, renderBdiElement, renderCamelCaseNameWithLineBreaks } from "./html.ts";
import { type IconName, presentState, renderStateIcon } from "./state-icons.ts";
import {
  parseAndRenderTimeOrNull,
  parseInstantSince2000,
  renderRunningDuration,
  renderTimeWithoutYear,
} from "./time-html.ts";
import {
  computeSubJobBar,
  computeTimelineSpan,
  jobDurationMs,
  renderBar,
  renderTimelineAxis,
  type Timeline,
} from "./timeline.ts";

/**
 * If a job has at most `MAX_SHORT_TREE` subjobs, the page shows each subjob in its own line. If a job has more subjobs,
 * one line can replace several similar subjobs.
 */
const MAX_SHORT_TREE = 14;
/**
 * The number of lines that the page shows for a large job before the reader opens the rest. A page has at most 21
 * groups of subjobs.
 */
const MAX_OPEN_LINES = 21;
/** If at least `MIN_FOLD` subjobs of the same kind follow each other, one line of the page can replace them. */
const MIN_FOLD = 4;
/**
 * If a page would have more than `MAX_GROUPS` groups of subjobs, the page sorts the subjobs by kind before it divides
 * them into groups.
 */
const MAX_GROUPS = 12;
const MAX_NOTE_CHARACTERS = 400;
const MAX_PHASE_CHARACTERS = 24;
const UNNAMED = "Unnamed subjob";

interface Tree {
  readonly timeline: Timeline | null;
  readonly isLong: boolean;
  readonly now: Instant;
  /**
   * True if the watch has ended. After the end of the watch, the page no longer increases the duration of a running
   * subjob.
   */
  readonly isOver: boolean;
}

/**
 * Renders a job and its subjobs twice: as a tree with bars, and as a table. If the job has no subjobs, the result is
 * null.
 * @param now the time at which the bars of running subjobs end, if the watch is running
 */
export function renderSubJobsSection(document: StatusDocument, now: Instant): Html | null {
  const { job, done } = document;
  if (job === null || job.subJobs.length === 0) return null;
  const rows = [{ job, depth: 0 }, ...rowsBelow(job)];
  const until = done ? (parseInstantSince2000(document.concludedAt) ?? now) : now;
  const timeline = computeTimelineSpan(job, until, document);
  const tree: Tree = { timeline, isLong: rows.length - 1 > MAX_SHORT_TREE, now: until, isOver: done };
  const span =
    timeline && html` data-start="${toIsoOrThrow(timeline.start)}" data-end="${toIsoOrThrow(timeline.end)}"`;
  return html`<section id="steps" class="steps"><h2>Subjobs</h2>
<div class="chart${timeline?.usualEnd && " marked"}"${span}>${timeline && renderTimelineAxis(timeline)}
<ol class="tree">${treeNode(job, tree, MAX_OPEN_LINES)}</ol></div>
${timesTable(rows, done)}</section>`;
}

/**
 * @param lines the number of lines that the page shows at first, if the tree is long
 */
function treeNode(job: JobDocument, tree: Tree, lines: number): Html {
  const key = job.jobId && html` data-key="${job.jobId}"`;
  if (job.subJobs.length === 0) return html`<li${key}>${treeRow(job, tree)}${note(job)}</li>`;
  const groups = groupSubJobsForFolding(job.subJobs, tree.isLong);
  const isOpen = !tree.isLong || (groups.length <= lines && !isAllSucceeded(job));
  const parents = groups.filter((group) => group.length === 1 && !group.every(isAllSucceeded)).length;
  const linesOfEach = isOpen ? Math.floor((lines - groups.length) / Math.max(1, parents)) : 0;
  return html`<li${key}><details${isOpen && html` open`}><summary>${treeRow(job, tree)}</summary>
${note(job)}<ol>${groups.map((group) => treeGroup(group, tree, linesOfEach))}</ol></details></li>`;
}

function treeGroup(group: readonly JobDocument[], tree: Tree, lines: number): Html {
  const [first, second] = group;
  if (first === undefined) return html``;
  if (second === undefined) return treeNode(first, tree, lines);
  const kind = kindOf(first);
  const [iconName, text] = FOLDED[kind];
  return html`<li><details class="fold"><summary><span class="row"><span class="name">${renderStateIcon(iconName)}${group.length} ${text}</span></span></summary>
<ol>${group.map((job) => treeNode(job, tree, 0))}</ol></details></li>`;
}

function treeRow(job: JobDocument, tree: Tree): Html {
  const state = presentSubJob(job, tree.isOver);
  const name = html`<b>${renderCamelCaseNameWithLineBreaks(job.type || UNNAMED)}</b>${
    job.resourceName && html` <span class="res">${renderBdiElement(job.resourceName)}</span>`
  }`;
  return html`<span class="row c-${state.icon}"><span class="name">${renderStateIcon(state.icon)}<span>${name}</span></span>${
    tree.timeline && renderBar(computeSubJobBar(job, tree.timeline), job.state === "pending" && !tree.isOver)
  }<span class="word">${state.text}</span><span class="took">${subJobDuration(job, tree)}</span></span>`;
}

function subJobDuration(job: JobDocument, { timeline, now, isOver }: Tree): Html | string {
  const duration = jobDurationMs(job);
  if (duration !== null) return formatDuration(duration);
  const start = parseInstantSince2000(job.createdAt);
  const isRunning = job.state === "pending" && !isOver && start !== null && timeline !== null;
  return isRunning && start >= timeline.start ? renderRunningDuration(start, now) : "–";
}

/**
 * Renders the reason of a subjob that has not failed. Another section of the page shows the reasons of failed subjobs.
 */
function note(job: JobDocument): Html | null {
  const reason = job.reason?.trim();
  if (!reason || job.state === "failed") return null;
  return html`<p class="note" dir="auto">${truncate(reason, MAX_NOTE_CHARACTERS)}</p>`;
}

/** The texts that the page shows for phases of CCE. Each key is a phase in lower case. */
const PHASE_TEXTS: Readonly<Record<string, string>> = { initializing: "Starting", running: "Running" };

/**
 * Returns the icon and the text for a subjob. For a phase without an entry in `PHASE_TEXTS`, the text is the phase
 * itself.
 */
function presentSubJob(job: JobDocument, isOver: boolean): { icon: IconName; text: string } {
  if (job.state !== "pending") return presentState(job.state, true);
  const isStarted = job.createdAt !== null;
  const phase = job.phase?.trim() || (isStarted ? "No status" : "Not started");
  const text = truncate(PHASE_TEXTS[phase.toLowerCase()] ?? phase, MAX_PHASE_CHARACTERS);
  return { icon: isStarted && !isOver ? "running" : "waiting", text };
}

/** A subjob of the kind `mixed` has succeeded, but has failed or pending subjobs of its own. */
type GroupKind = "failed" | "mixed" | "pending" | "succeeded";

/**
 * The icon and the text of a line that replaces several subjobs. If a page would have more than `MAX_GROUPS` groups,
 * the page shows the kinds of subjobs in the order of these entries.
 */
const FOLDED: Readonly<Record<GroupKind, readonly [icon: IconName, text: string]>> = {
  failed: ["failed", "more failed"],
  mixed: ["waiting", "more with failed or pending subjobs"],
  pending: ["waiting", "more pending"],
  succeeded: ["succeeded", "succeeded"],
};
const KINDS = Object.keys(FOLDED);
/**
 * If many subjobs of the same kind follow each other, the page shows only the first `SHOWN_OF_RUN` subjobs. If the
 * subjobs have succeeded, the page shows none of them.
 */
const SHOWN_OF_RUN = 3;

function kindOf(job: JobDocument): GroupKind {
  if (job.state !== "succeeded") return job.state;
  return isAllSucceeded(job) ? "succeeded" : "mixed";
}

/**
 * Divides subjobs into groups. Each group is one line of the page. In a long tree, four or more succeeded subjobs in a
 * row form one group. Seven or more subjobs of another kind (`GroupKind`) in a row also form a group, but the first
 * three subjobs stay outside the group. Every other subjob is a group with one member. If there are more than twelve
 * groups, the function first sorts the subjobs by kind: failed subjobs come first, and succeeded subjobs come last. The
 * reader can open the line of a group that contains several subjobs.
 */
export function groupSubJobsForFolding(
  subJobs: readonly JobDocument[],
  isTreeLong: boolean,
): readonly (readonly JobDocument[])[] {
  if (!isTreeLong) return subJobs.map((job) => [job]);
  const groups = foldRuns(subJobs);
  if (groups.length <= MAX_GROUPS) return groups;
  return foldRuns(subJobs.toSorted((a, b) => KINDS.indexOf(kindOf(a)) - KINDS.indexOf(kindOf(b))));
}

function foldRuns(subJobs: readonly JobDocument[]): JobDocument[][] {
  const runs: { kind: GroupKind; jobs: JobDocument[] }[] = [];
  for (const job of subJobs) {
    const kind = kindOf(job);
    const last = runs.at(-1);
    if (last?.kind === kind) last.jobs.push(job);
    else runs.push({ kind, jobs: [job] });
  }
  return runs.flatMap(({ kind, jobs }) => {
    const shown = kind === "succeeded" ? 0 : SHOWN_OF_RUN;
    if (jobs.length - shown < MIN_FOLD) return jobs.map((job) => [job]);
    return [...jobs.slice(0, shown).map((job) => [job]), jobs.slice(shown)];
  });
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

/** Renders the start and end times as a table, for readers who cannot see the bars. */
function timesTable(rows: readonly TableRow[], isOver: boolean): Html {
  return html`<details class="times"><summary>Times as a table</summary><div class="wide" tabindex="0" role="region" aria-label="Times of the subjobs"><table>
<thead><tr><th scope="col">Subjob</th><th scope="col">State</th><th scope="col">Phase</th><th scope="col">Created</th><th scope="col">Updated</th><th scope="col">Took</th></tr></thead>
<tbody>${rows.map((row) => tableRow(row, isOver))}</tbody></table></div></details>`;
}

function tableRow({ job, depth }: TableRow, isOver: boolean): Html {
  const duration = jobDurationMs(job);
  const [created, updated] = [job.createdAt, job.updatedAt].map((iso) =>
    parseAndRenderTimeOrNull(iso, renderTimeWithoutYear),
  );
  const phase = truncate(job.phase?.trim() || "–", MAX_PHASE_CHARACTERS);
  const name = html`<bdi>${job.type || UNNAMED}${job.resourceName && ` ${job.resourceName}`}</bdi>`;
  return html`<tr><th scope="row" class="d${Math.min(depth, 4)}">${name}</th><td>${presentSubJob(job, isOver).text}</td><td><code dir="auto">${phase}</code></td><td>${created ?? "–"}</td><td>${updated ?? "–"}</td><td>${duration === null ? "–" : formatDuration(duration)}</td></tr>
`;
}
