import type { Job } from "./job.ts";

/**
 * The state that a resource of CCE must reach, for example `node_active`. The file `lib/cce/resource-states.json` says
 * for each goal which states mean success or failure.
 */
export type ResourceGoal = keyof typeof RESOURCE_GOALS;

export const RESOURCE_GOALS = {
  cluster_available: "cluster",
  cluster_deleted: "cluster",
  node_active: "node",
  node_deleted: "node",
  node_pool_scaled: "node_pool",
  node_pool_deleted: "node_pool",
  upgrade_task_succeeded: "upgrade_task",
  cluster_upgraded: "cluster",
  precheck_task_succeeded: "precheck_task",
  addon_running: "addon",
  addon_deleted: "addon",
  cluster_hibernated: "cluster",
} as const;

/** A resource or task of CCE. The service polls the resource or task until it reaches the goal. */
export interface WatchedResource {
  readonly goal: ResourceGoal;
  readonly clusterId: string;
  /** The ID of the resource, for example of the node. If the resource is a cluster, `id` and `clusterId` are equal. */
  readonly id: string;
  /**
   * The IDs of the watched job and of its subjobs. The resource is not usable yet while a job with another ID changes
   * the resource.
   */
  readonly ownJobIds: readonly string[];
}

/**
 * The goals for the resources of succeeded jobs. Each row contains a pattern for job types, and the goal of jobs with
 * these types. If several patterns match a job type, the first one applies.
 */
const GOALS: readonly (readonly [RegExp, ResourceGoal])[] = [
  [/^(delete|remove).*node_?pool/i, "node_pool_deleted"],
  [/node_?pool/i, "node_pool_scaled"],
  [/^(delete|remove|uninstall).*node/i, "node_deleted"],
  [/node/i, "node_active"],
  [/^(delete|remove).*cluster/i, "cluster_deleted"],
  [/cluster/i, "cluster_available"],
];

/**
 * Lists the resources that a succeeded job has created, changed or deleted, in the order of the tree of subjobs. If the
 * job contains no resource ID, the function uses the resource IDs of the subjobs. For a job that creates a cluster, the
 * function always uses the subjobs too, because they may create nodes. If the job types are unknown or CCE returned no
 * IDs, the returned array is empty.
 */
export function listResourcesChangedBySucceededJob(succeededJob: Job): readonly WatchedResource[] {
  const ownJobIds: string[] = [];
  const found = new Map<string, Omit<WatchedResource, "ownJobIds">>();
  const open: { readonly job: Job; readonly isPart: boolean }[] = [{ job: succeededJob, isPart: false }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.job.jobId !== null) ownJobIds.push(next.job.jobId);
    const resource = next.isPart ? null : resourceOf(next.job, succeededJob.clusterId);
    if (resource !== null) found.set(`${resource.goal} ${resource.id}`, resource);
    const isPart = next.isPart || (resource !== null && resource.goal !== "cluster_available");
    open.push(...next.job.subJobs.map((subJob) => ({ job: subJob, isPart })).toReversed());
  }
  return [...found.values()].map((resource) => ({ ...resource, ownJobIds }));
}

function resourceOf(job: Job, rootClusterId: string | null): Omit<WatchedResource, "ownJobIds"> | null {
  const goal = GOALS.find(([pattern]) => pattern.test(job.type ?? ""))?.[1];
  const clusterId = job.clusterId ?? rootClusterId;
  if (goal === undefined) return null;
  if (RESOURCE_GOALS[goal] === "cluster") {
    const id = clusterId ?? job.resourceId;
    return id === null ? null : { goal, clusterId: id, id };
  }
  // If a job is about several nodes, CCE may return the ID of the cluster as the resource ID.
  if (clusterId === null || job.resourceId === null || job.resourceId === clusterId) return null;
  return { goal, clusterId, id: job.resourceId };
}
