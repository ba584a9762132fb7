import type { CceClient } from "../../lib/cce/client.ts";
import { defaultText } from "../../lib/domain/default-texts.ts";
import type { Observation } from "../../lib/domain/job.ts";
import type { WatchedResource } from "../../lib/domain/job-resources.ts";
import { type Operation, resourceOfOperation } from "../../lib/domain/operation.ts";
import type { Watch } from "../../lib/ledger/watch.ts";

/**
 * The goals for which CCE may still show the state from before the operation. The state of such a resource counts only
 * if an earlier poll also saw the resource.
 */
const MAY_BE_OLD: readonly WatchedResource["goal"][] = [
  "cluster_upgraded",
  "node_pool_scaled",
  "addon_running",
];
/** The delay before the second poll, which confirms the state that the first poll found. */
const CONFIRM_SECONDS = 5;

/** The phase of a node pool that has all nodes. CCE gives an empty phase, which means nothing to a reader. */
const EMPTY_PHASE = "Available";

/**
 * Queries the task or the resource of an operation and returns it in the form of a job whose type is the kind of the
 * operation. The function never throws an error.
 * @param timeLimitMs the time limit for all queries
 */
export async function queryOperation(
  watch: Pick<Watch, "project" | "jobId" | "phase">,
  operation: Operation,
  timeLimitMs: number,
  cce: Pick<CceClient, "queryResource">,
): Promise<Observation> {
  const resource = resourceOfOperation(operation);
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

/**
 * Returns the reason and the message that CCE gives for a state, in one text. Returns null if CCE gives neither a
 * reason nor a message.
 */
function textOf({ job, message }: Extract<Observation, { kind: "job" }>): string | null {
  const texts = [job.reason, message ?? null].map((text) => text?.trim()).filter(Boolean);
  return [...new Set(texts)].join(": ") || null;
}

/** CCE gives no reason for a failed upgrade task. The state of the cluster may contain a reason. */
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
