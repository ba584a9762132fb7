import type { JobScriptInput } from "./simulated-jobs.ts";
import type { ResourceScriptInput } from "./simulated-resources.ts";

const CLUSTER = { clusterId: "b1f6e1a2-5c0d-11f0-9d3c-0255ac101e44", resourceName: "demo-cluster" };

/** Returns the script of a simulated job that creates a cluster and succeeds after `seconds`. */
export const clusterCreationScript = (seconds: number): JobScriptInput => ({
  type: "CreateCluster",
  endSeconds: seconds,
  ...CLUSTER,
  subJobs: [
    { type: "CreatePSMCert", endSeconds: seconds * 0.3, ...CLUSTER },
    { type: "InstallMaster", startSeconds: seconds * 0.2, endSeconds: seconds * 0.9, ...CLUSTER },
  ],
});

/**
 * Returns the script of a simulated job that creates a node and fails after `seconds`. Only a subjob of a subjob
 * contains the failure reason: a machine type is sold out.
 */
export const failedNodeCreationScript = (seconds: number): JobScriptInput => ({
  type: "ScaleupCluster",
  endSeconds: seconds,
  outcome: "Failed",
  ...CLUSTER,
  subJobs: [
    {
      type: "CreateNode",
      endSeconds: seconds * 0.95,
      outcome: "Failed",
      ...CLUSTER,
      resourceName: "demo-node-7",
      subJobs: [
        {
          type: "CreateNodeVM",
          startSeconds: seconds * 0.1,
          endSeconds: seconds * 0.9,
          outcome: "Failed",
          resourceName: "demo-node-7",
          reason:
            "create server failed, error code : Ecs.0319, reason is : the flavor c7n.xlarge.2 is sold out in availability zone eu-de-02",
        },
      ],
    },
  ],
});

/** Returns the script of a simulated job that deletes a cluster in `seconds`. */
export const clusterDeletionScript = (seconds: number): JobScriptInput => ({
  type: "DeleteCluster",
  endSeconds: seconds,
  ...CLUSTER,
  subJobs: [{ type: "DeleteNode", endSeconds: seconds * 0.6, resourceName: "demo-node-1" }],
});

/**
 * Returns the script of a simulated job that creates a node and never ends. The second subjob starts after `seconds`.
 */
export const endlessNodeCreationScript = (seconds: number): JobScriptInput => ({
  type: "CreateNode",
  endSeconds: null,
  ...CLUSTER,
  resourceName: "demo-node-8",
  subJobs: [
    { type: "CreateNodeVM", endSeconds: seconds },
    { type: "InstallNode", startSeconds: seconds, endSeconds: null },
  ],
});

const POOL_NODES = 30;

/** Returns the script of a simulated job that adds 30 nodes. All 30 nodes fail for the same reason within `seconds`. */
export const failedNodePoolScript = (seconds: number): JobScriptInput => ({
  type: "ScaleupNodePool",
  endSeconds: seconds,
  outcome: "Failed",
  ...CLUSTER,
  resourceName: "demo-pool",
  subJobs: Array.from({ length: POOL_NODES }, (_, i) => ({
    type: "CreateNodeVM",
    startSeconds: seconds * 0.1,
    endSeconds: seconds * (0.5 + i / (2 * POOL_NODES)),
    outcome: "Failed" as const,
    resourceName: `demo-pool-${i}`,
    reason: `create server demo-pool-${i} failed, error code : Ecs.0319, reason is : the flavor c7n.xlarge.2 is sold out in availability zone eu-de-02`,
  })),
});

/**
 * Returns the script of a simulated job that resets a node and succeeds after `seconds`. In the demo, the node reset
 * stands for a job that a person has started in the cloud's console.
 */
export const nodeResetScript = (seconds: number): JobScriptInput => ({
  type: "ResetNode",
  endSeconds: seconds,
  ...CLUSTER,
  resourceName: "demo-node-3",
  subJobs: [{ type: "InstallNode", endSeconds: seconds * 0.9, resourceName: "demo-node-3" }],
});

/** Returns the script of the demo cluster, which becomes available after `seconds`. */
export const availableClusterScript = (project: string, seconds: number): ResourceScriptInput => {
  const cluster = (status: Readonly<Record<string, string>>) => ({
    kind: "Cluster",
    metadata: { uid: CLUSTER.clusterId, name: CLUSTER.resourceName },
    status: { ...status },
  });
  const reason = { reason: "Installing", message: "the control plane does not answer yet" };
  return {
    project,
    path: `clusters/${CLUSTER.clusterId}`,
    steps: [
      { body: cluster({ phase: "Unavailable", ...reason }) },
      { startSeconds: seconds, body: cluster({ phase: "Available" }) },
    ],
  };
};
