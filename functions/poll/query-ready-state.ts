import type { CceClient } from "../../lib/cce/client.ts";
import type { Config } from "../../lib/config/config.ts";
import type { Instant, Job } from "../../lib/domain/job.ts";
import { listJobResources } from "../../lib/domain/job-resources.ts";
import type { ReadyCheck } from "../../lib/schedule/decide-ready.ts";
import type { ProjectRateLimit } from "../shared/project-rate-limit.ts";

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
 * Queries the resources of a succeeded job one after the other, until a resource is not usable. The function queries at
 * most `MAX_RESOURCES` resources.
 * @param timeLimitMs the time limit for all queries
 */
export async function queryReadyState(
  project: string,
  job: Job,
  timeLimitMs: number,
  { cce, rateLimit, config, now }: CheckReadyPorts,
): Promise<ReadyCheck> {
  const resources = listJobResources(job).slice(0, MAX_RESOURCES);
  if (resources.length === 0) return { kind: "no_resource" };
  const endAt = now() + timeLimitMs;
  for (const resource of resources) {
    const remainingMs = endAt - now();
    if (remainingMs <= 0)
      return { kind: "unseen", observation: { kind: "unavailable", text: "CCE did not answer in time" } };
    // The queries count against the rate limit of the project. If this poll has used more queries than the rate limit
    // allows, the next poll waits.
    await rateLimit.reserve(project, config.settings.poll.queriesPerFiveMinutes);
    const observation = await cce.queryResource(project, resource, { timeLimitMs: remainingMs });
    if (observation.kind === "throttled") rateLimit.onThrottled(project);
    if (observation.kind === "job") {
      const { state, phase, reason } = observation.job;
      if (state === "succeeded") continue;
      return { kind: "not_ready", reason: reason ?? phase, message: observation.message ?? null };
    }
    // A new resource may become visible in CCE later, so CCE's reply that the resource is unknown is not final.
    if (observation.kind === "gone")
      return { kind: "unseen", observation: { kind: "unavailable", text: observation.text } };
    return { kind: "unseen", observation };
  }
  return { kind: "ready", hasNodes: resources.some(({ goal }) => goal === "node_active") };
}
