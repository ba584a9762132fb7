import * as z from "zod/mini";
import { Context, truncateContext } from "./context.ts";
import { Failure, listFailures } from "./failures.ts";
import { type Instant, type Job, Outcome, SubJobCounts } from "./job.ts";
import { countJsonBytes } from "./json.ts";
import { collectSubJobs, type TreeNode } from "./subjob-tree.ts";
import { truncate, truncateOrNull } from "./truncate-text.ts";
import { Count, MaybeText } from "./zod-fields.ts";

const InstantField = z.number();
const Seconds = z.nullable(z.number().check(z.minimum(0)));

/** How a watch ended, in full. The ledger stores it, and every notification is made from it. */
export const OutcomeSummary = z.object({
  project: z.string(),
  region: MaybeText,
  jobId: z.string(),
  jobType: MaybeText,
  outcome: Outcome,
  phase: MaybeText,
  reason: MaybeText,
  clusterId: MaybeText,
  resourceId: MaybeText,
  resourceName: MaybeText,
  failures: z.array(Failure),
  subJobs: SubJobCounts,
  warnings: z.array(z.string()),
  createdAt: z.nullable(InstantField),
  updatedAt: z.nullable(InstantField),
  /** From `createdAt` to `updatedAt`. Null for a job that has not ended. */
  durationSeconds: Seconds,
  acceptedAt: InstantField,
  concludedAt: InstantField,
  polls: Count,
  /** From the end of the job, by the cloud's clock, to the poll that saw the end. */
  lagSeconds: Seconds,
  context: Context,
  statusUrl: MaybeText,
});
export type OutcomeSummary = z.infer<typeof OutcomeSummary>;

/** The size that Standard Webhooks recommends for an event. */
export const MAX_EVENT_BYTES = 20_000;
/** What an event adds to the bytes of a summary: its type and time, ISO text in place of instants. */
const ENVELOPE_BYTES = 262;
const NAME_BYTES = 200;
const REASON_BYTES = 2000;
/** A truncated link leads nowhere. A link that is too long is omitted. */
const MAX_URL_BYTES = 1500;

/** A watch that has ended. `reason` is why the watch ended, or null if the job gives the reason. */
export interface EndedWatch
  extends Pick<
    OutcomeSummary,
    "project" | "jobId" | "region" | "outcome" | "reason" | "acceptedAt" | "concludedAt" | "polls"
  > {
  /** The job in the latest poll that saw it. Null if no poll saw it. */
  readonly job: Job | null;
  /** The warnings of the latest poll. */
  readonly warnings: readonly string[];
  readonly context: Context;
  readonly statusUrl: string | null;
}

/**
 * Summarizes how a watch ended. The event made from the summary stays under 20 kB: long texts are truncated.
 * Failures that do not fit are omitted, and a warning says how many.
 */
export function summarizeOutcome(ended: EndedWatch): OutcomeSummary {
  const { job, ...watch } = ended;
  const { outcome, statusUrl, concludedAt } = ended;
  const { counts, failed, pending } = collectSubJobs(job);
  const { context, omittedLabels } = truncateContext(ended.context);
  const jobEnded = outcome === "succeeded" || outcome === "failed";
  const summary: OutcomeSummary = {
    ...watch,
    jobType: truncateOrNull(job?.type, NAME_BYTES, countJsonBytes),
    phase: truncateOrNull(job?.phase, NAME_BYTES, countJsonBytes),
    reason: truncateOrNull(reasonOf(ended, pending), REASON_BYTES, countJsonBytes),
    clusterId: truncateOrNull(job?.clusterId, NAME_BYTES, countJsonBytes),
    resourceId: truncateOrNull(job?.resourceId, NAME_BYTES, countJsonBytes),
    resourceName: truncateOrNull(job?.resourceName, NAME_BYTES, countJsonBytes),
    failures: [],
    subJobs: counts,
    warnings: warningsOf(ended, counts.failed, omittedLabels),
    createdAt: job?.createdAt ?? null,
    updatedAt: job?.updatedAt ?? null,
    durationSeconds: jobEnded ? secondsBetween(job?.createdAt, job?.updatedAt) : null,
    // The cloud's clock may be ahead of ours.
    lagSeconds: jobEnded && job?.updatedAt != null ? Math.max(0, (concludedAt - job.updatedAt) / 1000) : null,
    context,
    statusUrl: statusUrl !== null && Buffer.byteLength(statusUrl) <= MAX_URL_BYTES ? statusUrl : null,
  };
  const freeBytes = MAX_EVENT_BYTES - ENVELOPE_BYTES - Buffer.byteLength(JSON.stringify(summary));
  const failures = listFailures(failed, freeBytes);
  const unlisted = counts.failed - failures.length;
  if (unlisted > 0) summary.warnings.push(unlistedFailuresWarning(unlisted));
  return { ...summary, failures };
}

/** At the deadline, the reason also names the subjobs that were still running. */
function reasonOf({ outcome, reason, job }: EndedWatch, pending: readonly TreeNode[]): string | null {
  if (outcome === "failed") return reason ?? job?.reason ?? null;
  if (outcome !== "timed_out") return reason;
  const sentences = [reason, describeRunning(pending)].filter((sentence) => sentence !== null);
  return sentences.length === 0 ? null : sentences.join(" ");
}

const MAX_RUNNING_NAMES = 5;
const RUNNING_NAME_CHARACTERS = 40;

/** `Still running: InstallMaster (m-0), InstallNode and 3 more.` Returns null if nothing runs. */
function describeRunning(pending: readonly TreeNode[]): string | null {
  const running = pending.filter(isRunning);
  // A parent runs because its subjob runs. Only the subjob is named.
  const parents = new Set(running.map(({ parent }) => parent));
  const lowest = running.filter((node) => !parents.has(node));
  if (lowest.length === 0) return null;
  const names = lowest.slice(0, MAX_RUNNING_NAMES).map(runningName);
  const more = lowest.length > names.length ? ` and ${lowest.length - names.length} more` : "";
  return `Still running: ${names.join(", ")}${more}.`;
}

/** A subjob in the phase `Initializing` waits for other subjobs. */
function isRunning({ job }: TreeNode): boolean {
  return job.phase !== null && !/^\s*initializing\s*$/i.test(job.phase);
}

function runningName({ job }: TreeNode): string {
  const type = truncate(job.type ?? "unknown", RUNNING_NAME_CHARACTERS);
  return job.resourceName === null
    ? type
    : `${type} (${truncate(job.resourceName, RUNNING_NAME_CHARACTERS)})`;
}

/** The reader of a job uses the same text, so that an event has this warning once. */
export const FAILED_SUBJOB_WARNING = "CCE reports success for this job, although a subjob failed.";
const MAX_WARNINGS = 6;
const WARNING_BYTES = 250;

/** Returns one sentence per warning. The most important warning comes first. */
function warningsOf({ warnings, outcome }: EndedWatch, failedCount: number, omittedLabels: number): string[] {
  const own: string[] = [];
  if (outcome === "succeeded" && failedCount > 0) own.push(FAILED_SUBJOB_WARNING);
  if (omittedLabels > 0) own.push(`${omittedLabels} of the caller's labels did not fit.`);
  const all = [...new Set([...own, ...warnings])];
  const shown = all.length <= MAX_WARNINGS ? all : all.slice(0, MAX_WARNINGS - 1);
  const truncated = shown.map((warning) => truncate(warning, WARNING_BYTES, countJsonBytes));
  return shown.length === all.length
    ? truncated
    : [...truncated, `${all.length - shown.length} more warnings.`];
}

/** The warning for failed subjobs that are not in the list of failures. */
export function unlistedFailuresWarning(count: number): string {
  return `${count} more failed ${count === 1 ? "subjob is" : "subjobs are"} not listed.`;
}

/** Returns null if a time is unknown, or if `to` is before `from`: CCE dates some jobs before their start. */
function secondsBetween(from: Instant | null | undefined, to: Instant | null | undefined): number | null {
  return from == null || to == null || to < from ? null : (to - from) / 1000;
}
