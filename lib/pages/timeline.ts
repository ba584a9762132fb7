import type { JobDocument } from "../api/status-document.ts";
import type { Instant } from "../domain/job.ts";
import { instantOf } from "./time.ts";

/** The stretch of time that the bars of one job are drawn in. */
export interface Timeline {
  readonly start: Instant;
  readonly end: Instant;
  /** The end is not the job's own: it still runs, or nobody watches it any more. */
  readonly open: boolean;
}

/** Where a subjob's bar lies within its timeline, from 0 to 1. */
export interface Bar {
  readonly from: number;
  readonly to: number;
  /** `outside`: by the cloud's times, (partly) before or after the whole job, so the bar was cut. */
  readonly kind: "plain" | "open" | "outside";
}

/**
 * The timeline of a job: its own times where they make sense, else those of its subjobs. The cloud's own sample dates
 * subjobs four hours before their parent, so the parent's times decide and never the other way round.
 * `until` is where a job without a credible end is cut; null: it has no time to be drawn in.
 */
export function timelineOf(job: JobDocument, until: Instant): Timeline | null {
  const start = instantOf(job.createdAt) ?? earliest(job.subJobs);
  if (start === null) return null;
  const open = job.state === "pending";
  const own = open ? null : instantOf(job.updatedAt);
  const end = own !== null && own > start ? own : until;
  return end > start ? { start, end, open } : null;
}

/** The bar of a subjob; null where the cloud gave no time to begin it at. */
export function barOf(job: JobDocument, timeline: Timeline): Bar | null {
  const created = instantOf(job.createdAt);
  if (created === null) return null;
  const pending = job.state === "pending";
  const ended = pending ? timeline.end : (instantOf(job.updatedAt) ?? created);
  const share = (at: Instant) => clamp((at - timeline.start) / (timeline.end - timeline.start));
  const from = share(created);
  const outside = created < timeline.start || created > timeline.end || ended > timeline.end;
  return {
    from,
    to: Math.max(from, share(ended)),
    kind: outside ? "outside" : pending ? "open" : "plain",
  };
}

/** How long an ended job took, in ms; null where its times are missing or run backwards. */
export function lengthOf(job: JobDocument): number | null {
  const created = instantOf(job.createdAt);
  const updated = instantOf(job.updatedAt);
  if (job.state === "pending" || created === null || updated === null || updated < created) return null;
  return updated - created;
}

function earliest(jobs: readonly JobDocument[]): Instant | null {
  const times = jobs.map((job) => instantOf(job.createdAt)).filter((time) => time !== null);
  return times.length === 0 ? null : Math.min(...times);
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}
