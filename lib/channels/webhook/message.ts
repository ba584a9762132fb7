import type { Instant } from "../../domain/job.ts";
import type { OutcomeSummary } from "../../domain/outcome-summary.ts";
import type { JobEvent, WebhookEvent } from "./event.ts";

/** Keeps a digest's event below 20 kB. */
const MOST_DIGEST_JOBS = 70;

/** The event of a job's end. Its time is the watch's, so that a repeated delivery says the same to the byte. */
export function jobEvent(conclusion: OutcomeSummary): JobEvent {
  return {
    type: `job.${conclusion.outcome}`,
    timestamp: conclusion.watch.concludedAt,
    data: conclusion,
  };
}

/** How the jobs of one call ended, in short: for a target that became a webhook after its digest was opened. */
export function digestEvent(conclusions: readonly OutcomeSummary[]): WebhookEvent {
  const timestamp = conclusions
    .map(({ watch }) => watch.concludedAt)
    .sort()
    .at(-1);
  const jobs = conclusions
    .slice(0, MOST_DIGEST_JOBS)
    .map(({ project, jobId, outcome }) => ({ project, jobId, outcome }));
  return { type: "jobs.digest", timestamp: timestamp ?? null, data: { total: conclusions.length, jobs } };
}

/** An operator's test of the target called `target`. */
export function testEvent(target: string, now: Instant): WebhookEvent {
  return { type: "target.test", timestamp: new Date(now).toISOString(), data: { target } };
}

/** Tells the fallback target that another one takes nothing any more, and since when. */
export function goneEvent(target: string, since: Instant): WebhookEvent {
  const at = new Date(since).toISOString();
  return { type: "target.gone", timestamp: at, data: { target, since: at } };
}
