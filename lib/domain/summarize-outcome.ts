import type { Context } from "./context.ts";
import type { Instant, Job, Outcome, WatchKey } from "./job.ts";
import { tellFailures } from "./list-failures.ts";
import { jsonBytes } from "./measure.ts";
import type { OutcomeSummary } from "./outcome-summary.ts";
import { stillRunning } from "./still-running.ts";
import { tellContext } from "./truncate-context.ts";
import { cut } from "./truncate-text.ts";
import { type Place, survey } from "./walk-tree.ts";
import { unlistedWarning, warningsOf } from "./warnings.ts";

/** Standard Webhooks recommends this size for the event of a webhook. */
export const MAX_EVENT_BYTES = 20_000;
/** What an event has besides the bytes of its summary: type and time of the event, ISO text in place of instants. */
const ENVELOPE_BYTES = 262;
const NAME_BYTES = 200;
const REASON_BYTES = 2000;
/** A link is never cut: one that is too long is left out. */
const MAX_URL_BYTES = 1500;

export interface WatchFacts {
  readonly key: WatchKey;
  readonly region: string | null;
  readonly outcome: Outcome;
  /** Why the watch ended, where that is not the job's own affair. */
  readonly reason: string | null;
  /** As last seen; null when no poll ever saw it. */
  readonly job: Job | null;
  readonly warnings: readonly string[];
  readonly watch: {
    readonly acceptedAt: Instant;
    readonly concludedAt: Instant;
    readonly polls: number;
  };
  readonly context: Context;
  readonly statusUrl: string | null;
}

/**
 * What became of a watch, complete, and small enough that the event made of it stays under 20 kB: long reasons are
 * cut with `…`, and where failures do not all fit a warning tells how many more there are.
 */
export function summarizeOutcome(facts: WatchFacts): OutcomeSummary {
  const { key, outcome, job, watch } = facts;
  const { counts, failed, pending } = survey(job);
  const { context, left: labelsLeft } = tellContext(facts.context);
  const ended = outcome === "succeeded" || outcome === "failed";
  const reason = reasonOf(facts, pending);
  const conclusion: OutcomeSummary = {
    project: key.project,
    region: facts.region,
    jobId: key.jobId,
    jobType: name(job?.type),
    outcome,
    phase: name(job?.phase),
    reason: reason === null ? null : cut(reason, REASON_BYTES, jsonBytes),
    clusterId: name(job?.clusterId),
    resourceId: name(job?.resourceId),
    resourceName: name(job?.resourceName),
    failures: [],
    subJobs: counts,
    warnings: warningsOf({ warnings: facts.warnings, outcome, failed: counts.failed, labelsLeft }),
    createdAt: job?.createdAt ?? null,
    updatedAt: job?.updatedAt ?? null,
    durationSeconds: ended ? secondsBetween(job?.createdAt, job?.updatedAt) : null,
    acceptedAt: watch.acceptedAt,
    concludedAt: watch.concludedAt,
    polls: watch.polls,
    lagSeconds: ended && job?.updatedAt != null ? lag(job.updatedAt, watch.concludedAt) : null,
    context,
    statusUrl:
      facts.statusUrl !== null && Buffer.byteLength(facts.statusUrl) <= MAX_URL_BYTES
        ? facts.statusUrl
        : null,
  };
  const room = MAX_EVENT_BYTES - ENVELOPE_BYTES - Buffer.byteLength(JSON.stringify(conclusion));
  const failures = tellFailures(failed, room);
  const left = counts.failed - failures.length;
  const warnings = left === 0 ? [] : [unlistedWarning(left)];
  return { ...conclusion, failures, warnings: [...conclusion.warnings, ...warnings] };
}

/** The latest poll's words for what goes on come behind the reason to end the watch. */
function reasonOf({ outcome, reason, job }: WatchFacts, pending: readonly Place[]): string | null {
  if (outcome === "failed") return reason ?? job?.reason ?? null;
  if (outcome !== "timed_out") return reason;
  const sentences = [reason, stillRunning(pending)].filter((sentence) => sentence !== null);
  return sentences.length === 0 ? null : sentences.join(" ");
}

function name(text: string | null | undefined): string | null {
  return text == null ? null : cut(text, NAME_BYTES, jsonBytes);
}

/** Null unless both are known and in order: the cloud dates some jobs before they began. */
function secondsBetween(from: Instant | null | undefined, to: Instant | null | undefined): number | null {
  return from == null || to == null || to < from ? null : (to - from) / 1000;
}

/** The cloud's clock may be ahead of ours. */
function lag(endedAt: Instant, concludedAt: Instant): number {
  return Math.max(0, (concludedAt - endedAt) / 1000);
}
