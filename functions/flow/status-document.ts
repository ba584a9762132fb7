import type { Failure, SubJobCounts } from "../../lib/conclusion.ts";
import type { Instant, Job, TroubleKind } from "../../lib/job.ts";
import { looksMade, type Watch } from "../../lib/ledger/watch.ts";
import type { WatchDocument } from "../../lib/ledger/watch-ledger.ts";
import type { JobDocument, StatusDocument } from "../../lib/status.ts";
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
  leftOut(shown: Job): readonly string[];
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

const TROUBLE: Readonly<Record<TroubleKind, string>> = {
  unauthorized: "CCE does not accept the project's credentials",
  forbidden: "CCE does not let the project's credentials see this job",
  misconfigured: "the project's endpoint or ID does not lead to the CCE API",
};

/**
 * The status document: the conclusion where there is one, else what the latest look saw.
 * @param shown the tree to show: the ledger's, or a smaller one.
 */
export function statusDocument(
  { document, region, tell, hears }: StatusFacts,
  shown: Job | null,
): StatusDocument {
  const { watch, conclusion, context } = document;
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
    warnings: [...seen.warnings, ...(shown === null ? [] : tell.leftOut(shown))],
    createdAt: seen.createdAt,
    updatedAt: seen.updatedAt,
    durationSeconds: seen.durationSeconds,
    looks: looksMade(watch),
    lookedAt: watch.lookedAt.map(iso),
    nextLookAt: isoOrNull(watch.nextLookAt),
    lagSeconds: conclusion?.watch.lagSeconds ?? null,
    trouble: troubleOf(watch),
    acceptedAt: iso(watch.acceptedAt),
    deadlineAt: iso(watch.deadlineAt),
    concludedAt: isoOrNull(watch.concludedAt),
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
    createdAt: isoOrNull(tree?.createdAt ?? null),
    updatedAt: isoOrNull(tree?.updatedAt ?? null),
    durationSeconds: null,
  };
}

/** Why looks bring no news of the job, and since when; null where they do. */
function troubleOf({ trouble, silence }: Watch): string | null {
  if (trouble !== null) return `${TROUBLE[trouble.kind]}, since ${iso(trouble.since)}`;
  return silence === null ? null : `${silence.text}, since ${iso(silence.since)}`;
}

function iso(at: Instant): string {
  return new Date(at).toISOString();
}

function isoOrNull(at: Instant | null): string | null {
  return at === null ? null : iso(at);
}
