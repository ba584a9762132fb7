import type { CceClient } from "../../lib/cce/client.ts";
import type { Config } from "../../lib/config/config.ts";
import type { Instant, Job, Observation } from "../../lib/domain/job.ts";
import { listResourcesChangedByJob, type WatchedResource } from "../../lib/domain/job-resources.ts";
import { type Operation, resourceShowingOperationEnd } from "../../lib/domain/operation.ts";
import { textInDefaultLanguage } from "../../lib/domain/text-in-default-language.ts";
import type { Watch } from "../../lib/ledger/watch.ts";
import type { ReadyCheck } from "../../lib/schedule/decide-ready.ts";
import type { ProjectRateLimit } from "../shared/project-rate-limit.ts";

/**
 * The goals for which CCE may still show the state from before the operation. With one of these goals, the state of a
 * resource counts only if an earlier poll has already found the resource.
 */
const MAY_BE_OLD: readonly WatchedResource["goal"][] = [
  "cluster_upgraded",
  "node_pool_scaled",
  "addon_running",
];
/** The delay before the second poll, which confirms the state that the first poll found. */
const CONFIRM_SECONDS = 5;

/** The phase that the service shows for a node pool with all its nodes, because CCE returns an empty phase. */
const EMPTY_PHASE = "Available";

/**
 * Queries the task or the resource of an operation. Returns the task or the resource in the form of a job, whose type
 * is the kind of the operation. Never throws an error.
 * @param timeLimitMs the time limit for all queries
 */
export async function queryOperation(
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
 * Joins the reason and the message in a reply of CCE into one text. Returns null if the reply contains neither a reason
 * nor a message.
 */
function textOf({ job, message }: Extract<Observation, { kind: "job" }>): string | null {
  const texts = [job.reason, message ?? null].map((text) => text?.trim()).filter(Boolean);
  return [...new Set(texts)].join(": ") || null;
}

/**
 * Returns the reason of a failed upgrade task from the state of the cluster, because CCE gives no reason for the task
 * itself.
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
 * The maximum number of resources that one poll queries. A job may create hundreds of nodes, and the rate limit of the
 * project allows a few hundred queries in five minutes.
 */
const MAX_RESOURCES = 20;

interface CheckReadyPorts {
  readonly cce: Pick<CceClient, "queryResource">;
  readonly rateLimit: ProjectRateLimit;
  readonly config: Pick<Config, "settings">;
  readonly now: () => Instant;
}

/**
 * Queries at most `MAX_RESOURCES` resources of a succeeded job one after the other, and stops at the first resource
 * that is not usable.
 * @param timeLimitMs the time limit for all queries
 */
export async function queryReadyState(
  project: string,
  job: Job,
  timeLimitMs: number,
  { cce, rateLimit, config, now }: CheckReadyPorts,
): Promise<ReadyCheck> {
  const resources = listResourcesChangedByJob(job).slice(0, MAX_RESOURCES);
  if (resources.length === 0) return { kind: "no_resource" };
  const endAt = now() + timeLimitMs;
  for (const resource of resources) {
    const remainingMs = endAt - now();
    if (remainingMs <= 0)
      return { kind: "unseen", observation: { kind: "unavailable", text: "CCE did not answer in time" } };
    // The queries of one poll do not wait for the rate limit of the project. If a poll uses more queries than the rate
    // limit allows, the next poll waits.
    await rateLimit.reserve(project, config.settings.poll.queriesPerFiveMinutes);
    const observation = await cce.queryResource(project, resource, { timeLimitMs: remainingMs });
    if (observation.kind === "throttled") rateLimit.onThrottled(project);
    if (observation.kind === "job") {
      const { state, phase, reason } = observation.job;
      if (state === "succeeded") continue;
      return { kind: "not_ready", reason: reason ?? phase, message: observation.message ?? null };
    }
    // A new resource may become visible in CCE later, so the reply that the resource does not exist is not final.
    if (observation.kind === "gone")
      return { kind: "unseen", observation: { kind: "unavailable", text: observation.text } };
    return { kind: "unseen", observation };
  }
  return { kind: "ready", hasNodes: resources.some(({ goal }) => goal === "node_active") };
}
