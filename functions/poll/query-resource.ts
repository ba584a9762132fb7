import type { CceClient } from "../../lib/cce/client.ts";
import type { Config } from "../../lib/config/config.ts";
import type { Clock, Job, Observation } from "../../lib/domain/job.ts";
import { listResourcesChangedBySucceededJob, type WatchedResource } from "../../lib/domain/job-resources.ts";
import { type Operation, resourceShowingOperationEnd } from "../../lib/domain/operation.ts";
import { textInDefaultLanguage } from "../../lib/domain/text-in-default-language.ts";
import type { Watch } from "../../lib/ledger/watch.ts";
import type { ReadyCheck } from "../../lib/schedule/decide-after-ready-check.ts";
import type { ProjectRateLimit } from "../shared/project-rate-limit.ts";

/**
 * After the start of one of these operations, CCE may still return the old state of the resource, so the service does
 * not trust the first response about the resource.
 */
const MAY_BE_OLD: readonly WatchedResource["goal"][] = [
  "cluster_upgraded",
  "node_pool_scaled",
  "addon_running",
];
/** The maximum delay before the poll that must confirm the state of the resource. */
const CONFIRM_SECONDS = 5;

/** For a complete node pool, CCE returns an empty phase, and the service shows the phase `Available` to users. */
const EMPTY_PHASE = "Available";

/**
 * Queries the task or the resource of an operation in CCE. The function returns the result in the form of a job. The
 * type of this job is the kind of the operation. The function never throws an error.
 * @param timeLimitMs the time limit for all queries together
 */
export async function queryOperationAsJob(
  watch: Pick<Watch, "project" | "jobId" | "phase">,
  operation: Operation,
  timeLimitMs: number,
  cce: Pick<CceClient, "queryResource">,
): Promise<Observation> {
  const resource = resourceShowingOperationEnd(operation);
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
      reason: isPaused ? textInDefaultLanguage("sentence.upgradePaused") : reason,
      resourceName: job.resourceName ?? resource.clusterId,
    },
    warnings: isPaused ? [...warnings, textInDefaultLanguage("sentence.upgradePaused")] : warnings,
    ...(isUnconfirmed && { maxDelaySeconds: CONFIRM_SECONDS }),
  };
}

const isPause = (phase: string | null): boolean => phase?.toLowerCase() === "pause";

/**
 * Joins the reason and the message in a response of CCE. If the response contains neither a reason nor a message, the
 * result is null.
 */
function textOf({ job, message }: Extract<Observation, { kind: "job" }>): string | null {
  const texts = [job.reason, message ?? null].map((text) => text?.trim()).filter(Boolean);
  return [...new Set(texts)].join(": ") || null;
}

/**
 * CCE returns no reason for a failed upgrade task. The function uses the state of the cluster as the reason of a failed
 * upgrade task.
 */
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

/**
 * The maximum number of resources that one poll queries. A job may create hundreds of nodes. The rate limit of a
 * project allows only a few hundred queries in five minutes.
 */
const MAX_RESOURCES = 20;

interface CheckReadyPorts {
  readonly cce: Pick<CceClient, "queryResource">;
  readonly rateLimit: ProjectRateLimit;
  readonly config: Pick<Config, "settings">;
  readonly now: Clock;
}

/**
 * Queries the resources of a succeeded job one by one, until one resource is not usable. Queries at most
 * `MAX_RESOURCES` resources.
 * @param timeLimitMs the time limit for all queries together
 */
export async function queryResourcesUntilNotReady(
  project: string,
  job: Job,
  timeLimitMs: number,
  { cce, rateLimit, config, now }: CheckReadyPorts,
): Promise<ReadyCheck> {
  const resources = listResourcesChangedBySucceededJob(job).slice(0, MAX_RESOURCES);
  if (resources.length === 0) return { kind: "no_resource" };
  const endAt = now() + timeLimitMs;
  for (const resource of resources) {
    const remainingMs = endAt - now();
    if (remainingMs <= 0)
      return { kind: "unseen", observation: { kind: "unavailable", text: "CCE did not answer in time" } };
    // The queries of this poll do not wait for the rate limit. If the poll needs more queries than the rate limit
    // allows, the next poll waits longer.
    await rateLimit.reserve(project, config.settings.poll.queriesPerFiveMinutes);
    const observation = await cce.queryResource(project, resource, { timeLimitMs: remainingMs });
    if (observation.kind === "throttled") rateLimit.onThrottled(project);
    if (observation.kind === "job") {
      const { state, phase, reason } = observation.job;
      if (state === "succeeded") continue;
      return { kind: "not_ready", reason: reason ?? phase, message: observation.message ?? null };
    }
    // CCE may report a new resource as unknown for some time.
    if (observation.kind === "gone")
      return { kind: "unseen", observation: { kind: "unavailable", text: observation.text } };
    return { kind: "unseen", observation };
  }
  return { kind: "ready", hasNodes: resources.some(({ goal }) => goal === "node_active") };
}
