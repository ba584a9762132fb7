import { type ApiResponse, countBytesAsSentByLambda } from "../../lib/api/http-message.ts";
import type { DeliveryDocument, JobDocument, StatusDocument } from "../../lib/api/status-document.ts";
import type { Config } from "../../lib/config/config.ts";
import { createCachedHintFinder } from "../../lib/domain/hints.ts";
import { ACCESS_ERROR_TEXTS, type Job } from "../../lib/domain/job.ts";
import { listCausesOfSimilarFailures } from "../../lib/domain/list-causes.ts";
import { listFailuresWithinBytes } from "../../lib/domain/list-failures.ts";
import type { OutcomeSummary } from "../../lib/domain/outcome-summary.ts";
import { toPendingReady } from "../../lib/domain/ready.ts";
import { countAndGroupSubJobs, serializeTruncatedTree } from "../../lib/domain/subjob-tree.ts";
import { toIsoOrNull, toIsoOrThrow } from "../../lib/domain/time-text.ts";
import { countQueriedPollsOfGeneration, type Watch, type WatchDocument } from "../../lib/ledger/watch.ts";
import type { WatchDelivery } from "../../lib/ledger/watch-deliveries-and-overdue-times.ts";
import type { Expected } from "../../lib/schedule/expected-duration.ts";
import { isSubscribedToSlowOrRemoved } from "../shared/targets-to-notify.ts";

/** The maximum size of a response in bytes. Lambda allows 6 MiB including the request ID and field names. */
const MAX_RESPONSE_BYTES = 6_000_000;
/** The maximum size of the list of failed subjobs. The tree of subjobs contains the complete failure reasons. */
const MAX_FAILURES_BYTES = 20_000;
const MAX_CAUSES_BYTES = 20_000;

/** Creates the status response of a watch. If the response is too large for Lambda, subjobs are omitted. */
export function createTruncatedStatusResponse(
  watchDocument: WatchDocument,
  config: Config,
  expected: Expected | null,
  makeResponse: (document: StatusDocument) => ApiResponse,
): ApiResponse {
  const respond = (tree: Job | null) =>
    makeResponse({
      ...buildStatusDocument(watchDocument, config, tree),
      ...(expected !== null && { expected }),
    });
  const { tree } = watchDocument;
  return tree === null
    ? respond(null)
    : serializeTruncatedTree(tree, respond, countBytesAsSentByLambda, MAX_RESPONSE_BYTES);
}

/**
 * Builds the response body with the status of a watch. For an ended watch, the body contains the outcome. For a
 * running watch, the body contains the latest poll.
 * @param shownTree the complete or truncated tree of subjobs
 */
function buildStatusDocument(
  watchDocument: WatchDocument,
  config: Config,
  shownTree: Job | null,
): StatusDocument {
  const { watch, summary, context } = watchDocument;
  const job = summary ?? summarizeLatestPoll(watchDocument, config);
  return {
    project: watch.project,
    region: job.region,
    jobId: watch.jobId,
    state: watch.state,
    done: watch.state !== "watching",
    phase: job.phase,
    type: job.jobType,
    reason: job.reason,
    clusterId: job.clusterId,
    resourceId: job.resourceId,
    resourceName: job.resourceName,
    failures: job.failures,
    failuresOmitted: job.failuresOmitted,
    causes: job.causes,
    causesOmitted: job.causesOmitted,
    subJobs: job.subJobs,
    leafSubJobs: countAndGroupSubJobs(shownTree).leafCounts,
    warnings: [...job.warnings, ...(shownTree === null ? [] : describeOmittedSubJobs(shownTree))],
    createdAt: toIsoOrNull(job.createdAt),
    updatedAt: toIsoOrNull(job.updatedAt),
    durationSeconds: job.durationSeconds,
    polls: countQueriedPollsOfGeneration(watch),
    polledAt: watch.polledAt.map(toIsoOrThrow),
    nextPollAt: toIsoOrNull(watch.nextPollAt),
    lagSeconds: summary?.lagSeconds ?? null,
    lastPollError: describeLastPollError(watch),
    acceptedAt: toIsoOrThrow(watch.acceptedAt),
    deadlineAt: toIsoOrThrow(watch.deadlineAt),
    concludedAt: toIsoOrNull(watch.concludedAt),
    context,
    deliveries: subscribedDeliveries(watchDocument, config).map(deliveryDocument),
    job: shownTree === null ? null : toJobDocument(shownTree),
    ready: summary === null && watch.state === "watching" ? toPendingReady(watch.ready) : summary?.ready,
  };
}

function summarizeLatestPoll({ watch, tree }: WatchDocument, config: Config) {
  return {
    ...summarizeSubJobs(tree),
    region: config.projects[watch.project]?.region ?? null,
    phase: watch.phase ?? tree?.phase ?? null,
    jobType: watch.jobType ?? tree?.type ?? null,
    reason: tree?.reason ?? null,
    clusterId: tree?.clusterId ?? null,
    resourceId: tree?.resourceId ?? null,
    resourceName: watch.resourceName ?? tree?.resourceName ?? null,
    warnings: [],
    createdAt: tree?.createdAt ?? null,
    updatedAt: tree?.updatedAt ?? null,
    durationSeconds: null,
  };
}

/** Describes why the latest polls failed. If a poll has seen the end of the job, the result is null. */
function describeLastPollError({ state, accessError, lastPollError }: Watch): string | null {
  if (state === "succeeded" || state === "failed") return null;
  if (accessError !== null)
    return `${ACCESS_ERROR_TEXTS[accessError.kind]}, since ${toIsoOrThrow(accessError.since)}`;
  return lastPollError === null ? null : `${lastPollError.text}, since ${toIsoOrThrow(lastPollError.since)}`;
}

/**
 * Returns the delivery records of a watch. The result omits a target without an attempt if its setting `on` excludes
 * the event.
 */
function subscribedDeliveries({ watch, deliveries }: WatchDocument, { targets }: Config): WatchDelivery[] {
  const { state } = watch;
  const isSubscribed = ({ target, event }: WatchDelivery): boolean => {
    if (event === "job.slow") return isSubscribedToSlowOrRemoved(target, targets);
    return state === "watching" || (state !== "stopped" && (targets[target]?.on.includes(state) ?? true));
  };
  return deliveries.filter((delivery) => delivery.history.length > 0 || isSubscribed(delivery));
}

function deliveryDocument(record: WatchDelivery): DeliveryDocument {
  const { target, event, state, attempts, nextAttemptAt, history } = record;
  const last = history.at(-1);
  const reason = last?.reason ?? null;
  return {
    target,
    event,
    state,
    reason,
    attempts,
    lastStatus: last?.status ?? null,
    lastReason: reason,
    at: last === undefined ? null : toIsoOrThrow(last.at),
    nextAttemptAt: toIsoOrNull(nextAttemptAt),
    history: history.map((attempt) => ({ ...attempt, at: toIsoOrThrow(attempt.at) })),
  };
}

/** Counts subjobs by state, and lists failed subjobs and causes. Long failure reasons are truncated. */
export function summarizeSubJobs(
  tree: Job | null,
): Pick<OutcomeSummary, "subJobs" | "failures" | "failuresOmitted" | "causes" | "causesOmitted"> {
  const subJobs = countAndGroupSubJobs(tree);
  const { counts, failed } = subJobs;
  const { causes, omittedCount } = listCausesOfSimilarFailures(subJobs, MAX_CAUSES_BYTES);
  const failures = listFailuresWithinBytes(failed, MAX_FAILURES_BYTES);
  return {
    subJobs: counts,
    failures,
    failuresOmitted: counts.failed - failures.length,
    causes,
    causesOmitted: omittedCount,
  };
}

/** Returns a warning if the shown tree lacks some subjobs. The array is empty if the tree is complete. */
export function describeOmittedSubJobs(shownTree: Job): string[] {
  const { counts, omittedCount } = countAndGroupSubJobs(shownTree);
  const text = `The tree of subjobs is too large, so ${omittedCount} of ${counts.total} subjobs are omitted.`;
  return omittedCount === 0 ? [] : [text];
}

/**
 * Converts a job and its subjobs to a JSON document. The function uses no recursion, because a very deep tree would
 * overflow the call stack.
 */
export function toJobDocument(job: Job): JobDocument {
  const findHint = createCachedHintFinder();
  const root = withoutSubJobs(job, findHint);
  const open: [Job, JobDocument][] = [[job, root]];
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const [from, to] = pair;
    for (const subJob of from.subJobs) {
      const document = withoutSubJobs(subJob, findHint);
      to.subJobs.push(document);
      if (subJob.subJobs.length > 0) open.push([subJob, document]);
    }
  }
  return root;
}

function withoutSubJobs(job: Job, findHint: (reason: string | null) => string | null): JobDocument {
  return {
    ...job,
    hint: job.state === "failed" ? findHint(job.reason) : null,
    createdAt: toIsoOrNull(job.createdAt),
    updatedAt: toIsoOrNull(job.updatedAt),
    subJobs: [],
  };
}
