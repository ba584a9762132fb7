import type { JobScriptInput } from "./job-script.ts";

/** Each takes how long the job shall last, in seconds of the script: real ones at speed 1. */
export type DemoJob = (seconds: number) => JobScriptInput;

const CLUSTER = { clusterId: "b1f6e1a2-5c0d-11f0-9d3c-0255ac101e44", resourceName: "demo-cluster" };

/** A cluster that comes up. */
export const clusterCreation: DemoJob = (seconds) => ({
  type: "CreateCluster",
  endSeconds: seconds,
  ...CLUSTER,
  subJobs: [
    { type: "CreatePSMCert", endSeconds: seconds * 0.3, ...CLUSTER },
    { type: "InstallMaster", startSeconds: seconds * 0.2, endSeconds: seconds * 0.9, ...CLUSTER },
  ],
});

/** A node that fails three levels down: its flavour is sold out. */
export const failedNodeCreation: DemoJob = (seconds) => ({
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

/** A cluster that is taken down. */
export const clusterDeletion: DemoJob = (seconds) => ({
  type: "DeleteCluster",
  endSeconds: seconds,
  ...CLUSTER,
  subJobs: [{ type: "DeleteNode", endSeconds: seconds * 0.6, resourceName: "demo-node-1" }],
});

/** A node whose installation never ends; it begins its second step after `seconds`. */
export const endlessNodeCreation: DemoJob = (seconds) => ({
  type: "CreateNode",
  endSeconds: null,
  ...CLUSTER,
  resourceName: "demo-node-8",
  subJobs: [
    { type: "CreateNodeVM", endSeconds: seconds },
    { type: "InstallNode", startSeconds: seconds, endSeconds: null },
  ],
});
