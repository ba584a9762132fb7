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
import { isSubscribedToSlowOrRemoved } from "../shared/targets-to-notify-and-digests.ts";

/**
 * The maximum size of the response to a status request, in bytes. Lambda allows 6 MiB for the whole response, including
 * the header with the request ID and the names of fields.
 */
const MAX_RESPONSE_BYTES = 6_000_000;
/**
 * The maximum size of the list of failed subjobs in the response, in bytes. The tree of subjobs in the response
 * contains the complete failure reasons.
 */
const MAX_FAILURES_BYTES = 20_000;
const MAX_CAUSES_BYTES = 20_000;

/**
 * Creates the response with the status of a watch. If the response is too large for Lambda, the function omits subjobs.
 */
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
 * Creates the response body with the status of a watch. If the watch has ended, the body contains the outcome. If the
 * watch is running, the body contains the result of the latest poll.
 * @param shownTree the tree of subjobs that the response shows. The tree may be truncated
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

/** Returns a text about the error of the latest polls. If the polls had no error or the job has ended, returns null. */
function describeLastPollError({ state, accessError, lastPollError }: Watch): string | null {
  if (state === "succeeded" || state === "failed") return null;
  if (accessError !== null)
    return `${ACCESS_ERROR_TEXTS[accessError.kind]}, since ${toIsoOrThrow(accessError.since)}`;
  return lastPollError === null ? null : `${lastPollError.text}, since ${toIsoOrThrow(lastPollError.since)}`;
}

/**
 * Returns the delivery records with at least one delivery attempt. Also returns the delivery record of each target
 * whose setting `on` contains the event.
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

/**
 * Counts the subjobs in each state, and lists the failed subjobs and the causes. The function truncates long failure
 * reasons.
 */
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

/**
 * Returns a warning if the response omits subjobs of the tree. If the response contains all subjobs, the array is
 * empty.
 */
export function describeOmittedSubJobs(shownTree: Job): string[] {
  const { counts, omittedCount } = countAndGroupSubJobs(shownTree);
  const text = `The tree of subjobs is too large, so ${omittedCount} of ${counts.total} subjobs are omitted.`;
  return omittedCount === 0 ? [] : [text];
}

/**
 * Converts a job with its subjobs to the JSON object of the API. The function uses no recursion, because a very deep
 * tree would overflow the call stack.
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
