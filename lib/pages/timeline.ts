import type { JobDocument, StatusDocument } from "../api/status-document.ts";
import type { Instant } from "../domain/job.ts";
import { type Html, html } from "./html.ts";
import { ageRoundingStepMs, parseInstantSince2000 } from "./time-html.ts";

/** The range of time that the chart of a job and its subjobs shows. */
export interface Timeline {
  readonly start: Instant;
  readonly end: Instant;
  /** The time at which the bars of running subjobs end. */
  readonly now: Instant;
  /**
   * The range of time in which jobs of the same type usually end. If the job has ended or the usual time is unknown,
   * `usualEnd` is null.
   */
  readonly usualEnd: { readonly from: Instant; readonly to: Instant } | null;
}

/** The start and the end of a subjob's bar. 0 is the start of the timeline, and 1 is its end. */
interface Bar {
  readonly from: number;
  readonly to: number;
  /** `open`: the subjob has not ended. `outside`: the subjob began before the timeline or ended after it. */
  readonly kind: "plain" | "open" | "outside";
}

interface Tick {
  /** The position on the timeline, from 0 (start) to 1 (end). */
  readonly at: number;
  readonly label: string;
}

/**
 * Returns the timeline of a job. The timeline begins with the start of the job and ends with its end. If the start of
 * the job is unknown, the timeline begins with the first subjob. If no start is known or the timeline would be empty,
 * the result is null. CCE reports that some subjobs started hours before their parent. A subjob that started before its
 * job does not change the timeline. While the job is running, the timeline ends later than `now`, so that the browser
 * script can make the bars of running subjobs longer.
 * @param now the time at which the bars of running subjobs end. If a watch has ended and the end of its job is unknown,
 * the timeline ends at `now`
 */
export function computeTimelineSpan(
  job: JobDocument,
  now: Instant,
  { done, expected }: Pick<StatusDocument, "done" | "expected">,
): Timeline | null {
  const start = parseInstantSince2000(job.createdAt) ?? firstStart(job.subJobs);
  if (start === null) return null;
  const isPending = job.state === "pending";
  const ownEnd = isPending ? null : parseInstantSince2000(job.updatedAt);
  if (ownEnd !== null && ownEnd > start) return { start, end: ownEnd, now: ownEnd, usualEnd: null };
  if (done || !isPending) return now > start ? { start, end: now, now, usualEnd: null } : null;
  const usualEnd = expected
    ? { from: start + expected.p50Seconds * 1000, to: start + expected.p90Seconds * 1000 }
    : null;
  const end = Math.max(now + ageRoundingStepMs(now - start), usualEnd?.to ?? 0);
  return end > start ? { start, end, now, usualEnd } : null;
}

function firstStart(jobs: readonly JobDocument[]): Instant | null {
  const times = jobs.map((job) => parseInstantSince2000(job.createdAt)).filter((time) => time !== null);
  return times.length === 0 ? null : Math.min(...times);
}

/** Returns the bar that shows when a subjob was running. If the start of the subjob is unknown, the result is null. */
export function computeSubJobBar(job: JobDocument, timeline: Timeline): Bar | null {
  const start = parseInstantSince2000(job.createdAt);
  if (start === null) return null;
  const isPending = job.state === "pending";
  const end = isPending ? timeline.now : (parseInstantSince2000(job.updatedAt) ?? start);
  const isOutside = start < timeline.start || start > timeline.end || end > timeline.end;
  const from = positionOf(start, timeline);
  return {
    from,
    to: Math.max(from, positionOf(end, timeline)),
    kind: isOutside ? "outside" : isPending ? "open" : "plain",
  };
}

function positionOf(at: Instant, { start, end }: Pick<Timeline, "start" | "end">): number {
  return Math.min(1, Math.max(0, (at - start) / (end - start)));
}

/**
 * Returns the duration of an ended job in milliseconds. If a time is unknown or the end is before the start, the result
 * is null.
 */
export function jobDurationMs(job: JobDocument): number | null {
  const start = parseInstantSince2000(job.createdAt);
  const end = parseInstantSince2000(job.updatedAt);
  if (job.state === "pending" || start === null || end === null || end < start) return null;
  return end - start;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS_SECONDS = [
  ...[1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 7, 30, 90, 365].map((days) => days * DAY),
];
const MAX_STEPS = 5;
/** There is not enough space for a label after the position `LAST_LABEL` on the timeline. */
const LAST_LABEL = 0.93;

/** Returns at most six labels for the time axis, such as 5 and 10 minutes after the start. */
export function computeElapsedTimeTicks(timeline: Pick<Timeline, "start" | "end">): readonly Tick[] {
  const seconds = (timeline.end - timeline.start) / 1000;
  const step = STEPS_SECONDS.find((candidate) => seconds / candidate <= MAX_STEPS) ?? seconds;
  const count = Math.floor(seconds / step) + 1;
  return Array.from({ length: count }, (_, index) => ({
    at: (index * step) / seconds,
    label: index === 0 ? "0" : tickLabel(index * step, step),
  })).filter((tick) => tick.at <= LAST_LABEL);
}

function tickLabel(seconds: number, step: number): string {
  if (step < MINUTE) return `${seconds} s`;
  if (step < HOUR) return `${seconds / MINUTE} min`;
  if (step < DAY) return `${seconds / HOUR} h`;
  return `${Math.round(seconds / DAY)} d`;
}

/**
 * Formats a number from 0 to 1 as a percentage with one decimal place. More decimal places would have no effect: on the
 * widest page, 0.1 % of the width is one pixel.
 */
export function formatSvgPercent(fraction: number): string {
  return `${Number((fraction * 100).toFixed(1))}%`;
}

/**
 * The axis centers a label at its position. A label near the start of the axis begins at its position instead, and a
 * label near the end of the axis ends at its position.
 */
const NEAR_START = 0.15;
const NEAR_END = 0.85;
/** The minimum width of the area that shows when jobs of the same type usually end, as a fraction of the timeline. */
const MIN_MARK = 0.006;

/**
 * Renders time labels above the bars, and vertical lines behind the bars. If the usual duration is known, an area shows
 * when jobs of the same type usually end. The text about the area is below the time labels.
 */
export function renderTimelineAxis(timeline: Timeline): Html {
  const ticks = computeElapsedTimeTicks(timeline);
  const mark = timeline.usualEnd && usualEndMark(timeline.usualEnd, timeline);
  return html`<svg class="grid" aria-hidden="true">${mark?.area}${ticks.map(
    ({ at }) => html`<line x1="${formatSvgPercent(at)}" x2="${formatSvgPercent(at)}" y1="0" y2="100%"/>`,
  )}</svg><svg class="axis" aria-hidden="true">${mark?.label}${ticks.map(
    ({ at, label }, index) =>
      html`<text x="${formatSvgPercent(at)}" y="11" text-anchor="${index === 0 ? "start" : "middle"}">${label}</text>`,
  )}</svg>`;
}

function usualEndMark(usualEnd: NonNullable<Timeline["usualEnd"]>, timeline: Timeline) {
  const to = positionOf(usualEnd.to, timeline);
  const from = Math.min(positionOf(usualEnd.from, timeline), to - MIN_MARK);
  const middle = (from + to) / 2;
  const anchor = middle < NEAR_START ? "start" : middle > NEAR_END ? "end" : "middle";
  const labelAt = { start: from, middle, end: to }[anchor];
  const position = html`x="${formatSvgPercent(Math.max(0, from))}" width="${formatSvgPercent(to - from)}"`;
  return {
    area: html`<rect class="usual" ${position} height="100%"/>`,
    label: html`<text class="mark" x="${formatSvgPercent(labelAt)}" y="28" text-anchor="${anchor}">usual end</text><rect class="usual" ${position} y="33" height="3"/>`,
  };
}

/**
 * Renders the bar that shows when a subjob was running. Screen readers ignore the bar, because a table on the page
 * contains the same times.
 * @param grows true if the browser script makes the bar longer
 */
export function renderBar(bar: Bar | null, grows: boolean): Html {
  if (bar === null) return html`<svg class="bar" aria-hidden="true"></svg>`;
  const from = Math.min(bar.from, 0.985);
  return html`<svg class="bar" aria-hidden="true"><rect class="${bar.kind}"${grows && html` data-grows`} x="${formatSvgPercent(from)}" width="${formatSvgPercent(Math.max(bar.to - from, 0.012))}" y="3" height="8" rx="3"/></svg>`;
}
