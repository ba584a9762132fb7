import type { JobDocument } from "../api/status-document.ts";
import type { Instant } from "../domain/job.ts";
import { formatDuration } from "../domain/time-text.ts";
import { axis, barImage, grid } from "./bars.ts";
import { foldSiblings, type Group, LONG_TREE, startsOpen } from "./folding.ts";
import { type Html, html } from "./html.ts";
import { icon } from "./icon.ts";
import { descendants, subJobFace, subJobName } from "./subjob.ts";
import { instantOf, ticking } from "./time.ts";
import { barOf, lengthOf, type Timeline, timelineOf } from "./timeline.ts";
import { timesTable } from "./times-table.ts";

const LONGEST_NOTE = 400;

interface Drawing {
  readonly timeline: Timeline | null;
  readonly long: boolean;
  readonly now: Instant;
  /** Nothing is followed any more: what is pending no longer counts on. */
  readonly over: boolean;
}

/**
 * The job and its subjobs as a tree with a bar each, and the same as a table; null for a job without any, of which
 * the headline has said everything. `now` is where open bars end.
 */
export function jobTree(job: JobDocument, now: Instant, over: boolean): Html | null {
  if (job.subJobs.length === 0) return null;
  const nodes = descendants(job);
  const timeline = timelineOf(job, now);
  const drawing: Drawing = { timeline, long: nodes.length > LONG_TREE, now, over };
  return html`<section id="steps" class="steps"><h2>Subjobs</h2>
<div class="chart">${timeline && html`${grid(timeline)}${axis(timeline)}`}
<ol class="tree">${node(job, drawing)}</ol></div>
${timesTable([{ job, depth: 0 }, ...nodes], over)}</section>`;
}

function node(job: JobDocument, drawing: Drawing): Html {
  const key = job.jobId && html` data-key="${job.jobId}"`;
  if (job.subJobs.length === 0) return html`<li${key}>${row(job, drawing)}${note(job)}</li>`;
  const groups = foldSiblings(job.subJobs, drawing.long);
  return html`<li${key}><details${startsOpen(job, drawing.long) && html` open`}><summary>${row(job, drawing)}</summary>
${note(job)}<ol>${groups.map((group) => branch(group, drawing))}</ol></details></li>`;
}

function branch(group: Group, drawing: Drawing): Html {
  if (group.kind === "one") return node(group.job, drawing);
  return html`<li><details class="fold"><summary><span class="row"><span class="name">${icon("succeeded")}${group.jobs.length} succeeded</span></span></summary>
<ol>${group.jobs.map((job) => node(job, drawing))}</ol></details></li>`;
}

function row(job: JobDocument, drawing: Drawing): Html {
  const face = subJobFace(job, drawing.over);
  return html`<span class="row c-${face.name}"><span class="name">${icon(face.name)}<span>${subJobName(job)}</span></span>${
    drawing.timeline && barImage(barOf(job, drawing.timeline))
  }<span class="word">${face.word}</span><span class="took">${took(job, drawing)}</span></span>`;
}

function took(job: JobDocument, { timeline, now, over }: Drawing): Html | string {
  const length = lengthOf(job);
  if (length !== null) return formatDuration(length);
  const created = instantOf(job.createdAt);
  const goesOn = job.state === "pending" && !over && created !== null && timeline !== null;
  return goesOn && created >= timeline.start ? ticking(created, now) : "–";
}

/** What the cloud says of a node that did not fail; failures stand in full above the tree. */
function note(job: JobDocument): Html | null {
  const reason = job.reason?.trim();
  if (!reason || job.state === "failed") return null;
  return html`<p class="note" dir="auto">${reason.length > LONGEST_NOTE ? `${reason.slice(0, LONGEST_NOTE)}…` : reason}</p>`;
}
