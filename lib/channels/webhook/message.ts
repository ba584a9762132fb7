import type { Instant } from "../../domain/job.ts";
import type { OutcomeSummary } from "../../domain/outcome-summary.ts";
import { toIsoOrNull } from "../../domain/time-text.ts";
import type { JobEvent, WebhookEvent } from "./event.ts";

/** Keeps a digest's event below 20 kB. */
const MOST_DIGEST_JOBS = 70;

/** The event of a job's end. Its time is the end of the watch, so a repeated delivery has the same bytes. */
export function jobEvent(summary: OutcomeSummary): JobEvent {
  const concludedAt = iso(summary.concludedAt);
  return {
    type: `job.${summary.outcome}`,
    timestamp: concludedAt,
    data: {
      project: summary.project,
      region: summary.region,
      jobId: summary.jobId,
      jobType: summary.jobType,
      outcome: summary.outcome,
      phase: summary.phase,
      reason: summary.reason,
      clusterId: summary.clusterId,
      resourceId: summary.resourceId,
      resourceName: summary.resourceName,
      failures: summary.failures,
      subJobs: summary.subJobs,
      warnings: summary.warnings,
      createdAt: toIsoOrNull(summary.createdAt),
      updatedAt: toIsoOrNull(summary.updatedAt),
      durationSeconds: summary.durationSeconds,
      watch: {
        acceptedAt: iso(summary.acceptedAt),
        concludedAt,
        polls: summary.polls,
        lagSeconds: summary.lagSeconds,
      },
      context: summary.context,
      statusUrl: summary.statusUrl,
    },
  };
}

/** How the jobs of one call ended, in short: for a target that became a webhook after its digest was opened. */
export function digestEvent(conclusions: readonly OutcomeSummary[]): WebhookEvent {
  const timestamp =
    conclusions.length === 0 ? null : iso(Math.max(...conclusions.map((one) => one.concludedAt)));
  const jobs = conclusions
    .slice(0, MOST_DIGEST_JOBS)
    .map(({ project, jobId, outcome }) => ({ project, jobId, outcome }));
  return { type: "jobs.digest", timestamp, data: { total: conclusions.length, jobs } };
}

/** An operator's test of the target called `target`. */
export function testEvent(target: string, now: Instant): WebhookEvent {
  return { type: "target.test", timestamp: iso(now), data: { target } };
}

/** Tells the fallback target that another one takes nothing any more, and since when. */
export function goneEvent(target: string, since: Instant): WebhookEvent {
  const at = iso(since);
  return { type: "target.gone", timestamp: at, data: { target, since: at } };
}

function iso(at: Instant): string {
  return new Date(at).toISOString();
}
