import * as z from "zod/mini";
import { CauseInTree, describeFailedOfTotal, Failure, formatNameList } from "./cause.ts";
import { Context, truncateContextForEvent } from "./context-and-labels.ts";
import { type Instant, type Job, Outcome, SubJobCounts } from "./job.ts";
import { countBytesInsideJsonString } from "./json.ts";
import { listCausesOfSimilarFailures } from "./list-causes.ts";
import { listFailuresWithinBytes } from "./list-failures.ts";
import type { Operation } from "./operation.ts";
import { Ready } from "./ready.ts";
import { countAndGroupSubJobs, listInnermostRunning, type TreeNode } from "./subjob-tree.ts";
import { joinSentences, textInDefaultLanguage } from "./text-in-default-language.ts";
import { truncate, truncateNullable } from "./truncate-text.ts";
import { Count, MaybeText, numberSchema } from "./zod-fields.ts";

const InstantField = z.number();
const Seconds = z.lazy(() => z.nullable(numberSchema(z.minimum(0))));

/**
 * The result of a watch with all details. The ledger stores the summary, and the service creates all notifications of
 * the watch from the summary.
 */
export const OutcomeSummary = z.lazy(() =>
  z.object({
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
    /** The number of failed subjobs that are missing in `failures`. */
    failuresOmitted: Count,
    causes: z.array(CauseInTree),
    /** The number of causes that are missing in `causes`. */
    causesOmitted: Count,
    subJobs: SubJobCounts,
    warnings: z.array(z.string()),
    createdAt: z.nullable(InstantField),
    updatedAt: z.nullable(InstantField),
    /**
     * The seconds from `createdAt` to `updatedAt` of the job. `durationSeconds` is null if the job has not ended. For
     * an operation without times from CCE, the duration starts at the acceptance of the watch.
     */
    durationSeconds: Seconds,
    acceptedAt: InstantField,
    concludedAt: InstantField,
    polls: Count,
    /** The seconds between the end of the job in CCE and the poll that detected the end. */
    lagSeconds: Seconds,
    context: Context,
    /** The URL of the status page of the job. If there is no status page, `jobPageUrl` is null. */
    jobPageUrl: MaybeText,
    /** Only a watch with `until: "ready"` has the field `ready`, and only if its job has succeeded. */
    ready: z.optional(Ready),
    /** The URL of the web page with all jobs of the project, or null if chats must not link to this page. */
    listUrl: MaybeText,
  }),
);
export type OutcomeSummary = z.infer<typeof OutcomeSummary>;

/**
 * Returns true if `outcome` means that the job has ended. With the outcome `not_ready`, the job has succeeded, but its
 * resource is not usable.
 */
export function isOutcomeOfEndedJob(outcome: Outcome): boolean {
  return outcome === "succeeded" || outcome === "failed" || outcome === "not_ready";
}

function truncateReady({ state, reason, message }: Ready): Ready {
  const shorten = (text: string | null) => truncateNullable(text, READY_BYTES, countBytesInsideJsonString);
  return { state, reason: shorten(reason), message: shorten(message) };
}

/** The maximum size of a webhook event. The specification Standard Webhooks recommends at most 20 kB. */
export const MAX_EVENT_BYTES = 20_000;
/** The size of a webhook event without the outcome summary, in bytes. */
const ENVELOPE_BYTES = 262;
/** The causes may use 60 % of the free space in a webhook event. */
const CAUSES_PART = 0.6;
const NAME_BYTES = 200;
const REASON_BYTES = 2000;
const READY_BYTES = 500;
/** The summary omits a longer URL, because a truncated URL does not work. */
const MAX_URL_BYTES = 1500;

/**
 * A watch that has ended. `reason` says why the watch ended. If `job` contains the reason of a failed job, `reason` may
 * be null.
 */
export interface EndedWatch
  extends Pick<
    OutcomeSummary,
    "project" | "jobId" | "region" | "outcome" | "reason" | "acceptedAt" | "concludedAt" | "polls"
  > {
  readonly ready?: Ready | undefined;
  /**
   * The time of the poll that detected the end of the job. A watch that waits for a usable resource ends after this
   * time.
   */
  readonly jobEndObservedAt?: Instant | undefined;
  /** The job in the latest response of CCE that contained the job. `job` is null if no poll returned the job. */
  readonly job: Job | null;
  /** The watched operation. A watch of a job has no operation. */
  readonly operation?: Operation | null | undefined;
  /** The warnings from the latest poll. */
  readonly warnings: readonly string[];
  readonly context: Context;
  readonly jobPageUrl: string | null;
  readonly listUrl: string | null;
}

/**
 * Creates the summary of an ended watch. The function truncates long texts, so that a webhook event with the summary
 * has less than 20 kB. The summary contains the number of omitted failures and causes. The causes may use a part of the
 * free space, and the failures may use the remaining space.
 */
export function summarizeAndTruncateOutcome(ended: EndedWatch): OutcomeSummary {
  const { job, ready, operation = null, jobEndObservedAt = ended.concludedAt, ...watch } = ended;
  const { outcome } = ended;
  const subJobs = countAndGroupSubJobs(job);
  const { counts, failed, pending } = subJobs;
  const { context, omittedLabels } = truncateContextForEvent(ended.context);
  const jobEnded = isOutcomeOfEndedJob(outcome);
  const summary: OutcomeSummary = {
    ...watch,
    jobType: truncateNullable(job?.type ?? operation?.kind, NAME_BYTES, countBytesInsideJsonString),
    phase: truncateNullable(job?.phase, NAME_BYTES, countBytesInsideJsonString),
    reason: truncateNullable(reasonOf(ended, pending), REASON_BYTES, countBytesInsideJsonString),
    clusterId: truncateNullable(
      job?.clusterId ?? operation?.clusterId,
      NAME_BYTES,
      countBytesInsideJsonString,
    ),
    resourceId: truncateNullable(job?.resourceId, NAME_BYTES, countBytesInsideJsonString),
    resourceName: truncateNullable(job?.resourceName, NAME_BYTES, countBytesInsideJsonString),
    failures: [],
    failuresOmitted: counts.failed,
    causes: [],
    causesOmitted: counts.failed,
    subJobs: counts,
    warnings: warningsOf(ended, counts.failed, omittedLabels),
    createdAt: job?.createdAt ?? null,
    updatedAt: job?.updatedAt ?? null,
    durationSeconds: jobEnded ? durationOf(ended, jobEndObservedAt) : null,
    // If the clock of the cloud is ahead of the clock of the service, the difference is negative.
    lagSeconds:
      jobEnded && job?.updatedAt != null ? Math.max(0, (jobEndObservedAt - job.updatedAt) / 1000) : null,
    context,
    jobPageUrl: omitLongUrl(ended.jobPageUrl),
    listUrl: omitLongUrl(ended.listUrl),
    ...(ready !== undefined && { ready: truncateReady(ready) }),
  };
  const freeBytes = MAX_EVENT_BYTES - ENVELOPE_BYTES - Buffer.byteLength(JSON.stringify(summary));
  const { causes, omittedCount } = listCausesOfSimilarFailures(subJobs, freeBytes * CAUSES_PART);
  const failures = listFailuresWithinBytes(failed, freeBytes - Buffer.byteLength(JSON.stringify(causes)));
  return {
    ...summary,
    causes,
    causesOmitted: omittedCount,
    failures,
    failuresOmitted: counts.failed - failures.length,
  };
}

type CauseSummary = Pick<OutcomeSummary, "outcome" | "causes" | "causesOmitted" | "reason" | "ready">;

/**
 * Returns one line for lists of jobs that says why a job did not succeed. The line contains the most frequent cause of
 * failure, or the reason why the watch ended. For a succeeded job, the result is null.
 */
export function describeMainCause(summary: CauseSummary): string | null {
  const { outcome, causes, causesOmitted, reason, ready } = summary;
  if (outcome === "succeeded") return null;
  const [first] = outcome === "failed" ? causes : [];
  if (first === undefined) return oneLine(reason ?? ready?.message ?? ready?.reason ?? null);
  const what = first.type === null && first.total === 1 ? null : describeFailedOfTotal(first);
  const others = causes.length - 1 + causesOmitted;
  const more = others > 0 && `(and ${others} more ${others === 1 ? "cause" : "causes"})`;
  const text = [what, more].filter(Boolean).join(" ");
  return [text, oneLine(first.reason)].filter(Boolean).join(": ") || null;
}

function oneLine(text: string | null): string | null {
  return text?.replace(/\s+/g, " ").trim() || null;
}

/**
 * Returns the reason why a watch ended with its outcome. If the watch timed out, the reason also names the running
 * subjobs.
 */
function reasonOf({ outcome, reason, job }: EndedWatch, pending: readonly TreeNode[]): string | null {
  if (outcome === "failed") return reason ?? job?.reason ?? null;
  if (outcome !== "timed_out") return reason;
  return joinSentences([reason, describeRunning(pending)]) || null;
}

const MAX_RUNNING_NAMES = 5;
const RUNNING_NAME_CHARACTERS = 40;

/** Returns a sentence such as `Still running: InstallMaster (m-0).` Returns null if no subjob is running. */
function describeRunning(pending: readonly TreeNode[]): string | null {
  const lowest = listInnermostRunning(pending);
  if (lowest.length === 0) return null;
  const names = lowest.slice(0, MAX_RUNNING_NAMES).map(runningName);
  return textInDefaultLanguage("sentence.running", { names: formatNameList(names, lowest.length) });
}

function runningName({ job }: TreeNode): string {
  const type = truncate(job.type ?? "unknown", RUNNING_NAME_CHARACTERS);
  return job.resourceName === null
    ? type
    : `${type} (${truncate(job.resourceName, RUNNING_NAME_CHARACTERS)})`;
}

const MAX_WARNINGS = 6;
const WARNING_BYTES = 250;

/** Returns one sentence for each warning. The most important warning comes first. */
function warningsOf({ warnings, outcome }: EndedWatch, failedCount: number, omittedLabels: number): string[] {
  const own: string[] = [];
  if (outcome === "succeeded" && failedCount > 0) own.push(textInDefaultLanguage("sentence.failedSubJob"));
  if (omittedLabels > 0) own.push(textInDefaultLanguage("sentence.labels", { count: omittedLabels }));
  const all = [...new Set([...own, ...warnings])];
  const shown = all.length <= MAX_WARNINGS ? all : all.slice(0, MAX_WARNINGS - 1);
  const truncated = shown.map((warning) => truncate(warning, WARNING_BYTES, countBytesInsideJsonString));
  return shown.length === all.length
    ? truncated
    : [...truncated, textInDefaultLanguage("sentence.moreWarnings", { count: all.length - shown.length })];
}

function omitLongUrl(url: string | null): string | null {
  return url !== null && Buffer.byteLength(url) <= MAX_URL_BYTES ? url : null;
}

function durationOf({ job, operation, acceptedAt }: EndedWatch, endObservedAt: Instant): number | null {
  const seconds = secondsBetween(job?.createdAt, job?.updatedAt);
  return operation == null ? seconds : (seconds ?? secondsBetween(acceptedAt, endObservedAt));
}

/**
 * Returns the time from `start` to `end` in seconds. If a time is unknown or `end` is before `start`, the result is
 * null. CCE sometimes gives an end time before the start time.
 */
function secondsBetween(start: Instant | null | undefined, end: Instant | null | undefined): number | null {
  return start == null || end == null || end < start ? null : (end - start) / 1000;
}
