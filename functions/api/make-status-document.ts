import type { JobDocument, StatusDocument } from "../../lib/api/status-document.ts";
import type { Failure } from "../../lib/domain/failures.ts";
import type { AccessErrorKind, Instant, Job, SubJobCounts } from "../../lib/domain/job.ts";
import { toIsoOrNull } from "../../lib/domain/time-text.ts";
import { pollsMade, type Watch } from "../../lib/ledger/watch.ts";
import type { WatchDocument } from "../../lib/ledger/watch-ledger.ts";
import { deliveryDocuments, type Hears } from "./status-deliveries.ts";

/** How a tree of jobs is told. */
export interface TreeTeller {
  /** What failed in it, and how many of it ended. */
  summary(job: Job): {
    readonly counts: SubJobCounts;
    readonly failures: Failure[];
    readonly warnings: readonly string[];
  };
  /** What to say where it is not shown whole. */
  omitted(shown: Job): readonly string[];
  document(job: Job): JobDocument;
}

export interface StatusFacts {
  readonly document: WatchDocument;
  readonly region: string | null;
  readonly tell: TreeTeller;
  readonly hears: Hears;
}

const NOTHING_SEEN: ReturnType<TreeTeller["summary"]> = {
  counts: { total: 0, succeeded: 0, failed: 0, pending: 0 },
  failures: [],
  warnings: [],
};

const ACCESS_ERRORS: Readonly<Record<AccessErrorKind, string>> = {
  unauthorized: "CCE does not accept the project's credentials",
  forbidden: "CCE does not let the project's credentials see this job",
  misconfigured: "the project's endpoint or ID does not lead to the CCE API",
};

/**
 * The status document: the conclusion where there is one, else what the latest poll saw.
 * @param shown the tree to show: the ledger's, or a smaller one.
 */
export function statusDocument(
  { document, region, tell, hears }: StatusFacts,
  shown: Job | null,
): StatusDocument {
  const { watch, summary: conclusion, context } = document;
  const seen = conclusion ?? underWay(document, region, tell);
  return {
    project: watch.project,
    region: seen.region,
    jobId: watch.jobId,
    state: watch.state,
    done: watch.state !== "watching",
    phase: seen.phase,
    type: seen.jobType,
    reason: seen.reason,
    clusterId: seen.clusterId,
    resourceId: seen.resourceId,
    resourceName: seen.resourceName,
    failures: seen.failures,
    subJobs: seen.subJobs,
    warnings: [...seen.warnings, ...(shown === null ? [] : tell.omitted(shown))],
    createdAt: toIsoOrNull(seen.createdAt),
    updatedAt: toIsoOrNull(seen.updatedAt),
    durationSeconds: seen.durationSeconds,
    polls: pollsMade(watch),
    polledAt: watch.polledAt.map(iso),
    nextPollAt: toIsoOrNull(watch.nextPollAt),
    lagSeconds: conclusion?.lagSeconds ?? null,
    lastPollError: lastPollErrorOf(watch),
    acceptedAt: iso(watch.acceptedAt),
    deadlineAt: iso(watch.deadlineAt),
    concludedAt: toIsoOrNull(watch.concludedAt),
    context,
    deliveries: deliveryDocuments(document, hears),
    job: shown === null ? null : tell.document(shown),
  };
}

function underWay({ watch, tree }: WatchDocument, region: string | null, tell: TreeTeller) {
  const summary = tree === null ? NOTHING_SEEN : tell.summary(tree);
  return {
    region,
    phase: watch.phase ?? tree?.phase ?? null,
    jobType: watch.jobType ?? tree?.type ?? null,
    reason: tree?.reason ?? null,
    clusterId: tree?.clusterId ?? null,
    resourceId: tree?.resourceId ?? null,
    resourceName: watch.resourceName ?? tree?.resourceName ?? null,
    failures: summary.failures,
    subJobs: summary.counts,
    warnings: summary.warnings,
    createdAt: tree?.createdAt ?? null,
    updatedAt: tree?.updatedAt ?? null,
    durationSeconds: null,
  };
}

/** Why polls bring no news of the job, and since when; null where they do. */
function lastPollErrorOf({ accessError, lastPollError }: Watch): string | null {
  if (accessError !== null) return `${ACCESS_ERRORS[accessError.kind]}, since ${iso(accessError.since)}`;
  return lastPollError === null ? null : `${lastPollError.text}, since ${iso(lastPollError.since)}`;
}

function iso(at: Instant): string {
  return new Date(at).toISOString();
}
