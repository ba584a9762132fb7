import type { CceClient } from "../../lib/cce/client.ts";
import { defaultText } from "../../lib/domain/default-texts.ts";
import type { Observation } from "../../lib/domain/job.ts";
import type { WatchedResource } from "../../lib/domain/job-resources.ts";
import { type Operation, operationResource } from "../../lib/domain/operation.ts";
import type { Watch } from "../../lib/ledger/watch.ts";

/**
 * The goals whose states may still be the states from before the operation. Such a state counts only if an earlier poll
 * saw the resource too.
 */
const MAY_BE_OLD: readonly WatchedResource["goal"][] = [
  "cluster_upgraded",
  "node_pool_scaled",
  "addon_running",
];
/** The delay before the poll that confirms a state. */
const CONFIRM_SECONDS = 5;

/** The phase of a node pool that has all nodes. CCE gives an empty phase, which a person cannot read. */
const EMPTY_PHASE = "Available";

/**
 * Queries the task or the resource of an operation and returns it in the form of a job whose type is the kind of the
 * operation. Never throws.
 * @param timeLimitMs the time limit for all queries
 */
export async function queryOperation(
  watch: Pick<Watch, "project" | "jobId" | "phase">,
  operation: Operation,
  timeLimitMs: number,
  cce: Pick<CceClient, "queryResource">,
): Promise<Observation> {
  const resource = operationResource(operation);
  const observation = await cce.queryResource(watch.project, resource, { timeLimitMs });
  if (observation.kind !== "job") return observation;
  const { job, warnings } = observation;
  const isPaused = resource.goal === "upgrade_task_succeeded" && isPause(job.phase);
  const reason = textOf(observation) ?? (await reasonOfCluster(watch, resource, job.state, timeLimitMs, cce));
  const isUnconfirmed = job.state !== "pending" && watch.phase === null && MAY_BE_OLD.includes(resource.goal);
  return {
    kind: "job",
    job: {
      ...job,
      jobId: watch.jobId,
      type: operation.kind,
      phase: job.phase || (resource.goal === "node_pool_scaled" ? EMPTY_PHASE : null),
      state: isUnconfirmed ? "pending" : job.state,
      reason: isPaused ? defaultText("sentence.upgradePaused") : reason,
      resourceName: job.resourceName ?? resource.clusterId,
    },
    warnings: isPaused ? [...warnings, defaultText("sentence.upgradePaused")] : warnings,
    ...(isUnconfirmed && { maxDelaySeconds: CONFIRM_SECONDS }),
  };
}

const isPause = (phase: string | null): boolean => phase?.toLowerCase() === "pause";

/** Returns the reason and the message that CCE gives for a state, in one text. Returns null if CCE gives neither. */
function textOf({ job, message }: Extract<Observation, { kind: "job" }>): string | null {
  const texts = [job.reason, message ?? null].map((text) => text?.trim()).filter(Boolean);
  return [...new Set(texts)].join(": ") || null;
}

/** A failed upgrade task has no reason. The state of its cluster may have one. */
async function reasonOfCluster(
  { project }: Pick<Watch, "project">,
  { goal, clusterId }: WatchedResource,
  state: "pending" | "succeeded" | "failed",
  timeLimitMs: number,
  cce: Pick<CceClient, "queryResource">,
): Promise<string | null> {
  if (goal !== "upgrade_task_succeeded" || state !== "failed") return null;
  const cluster = { goal: "cluster_upgraded", clusterId, id: clusterId, ownJobIds: [] } as const;
  const observation = await cce.queryResource(project, cluster, { timeLimitMs });
  return observation.kind === "job" ? textOf(observation) : null;
}
