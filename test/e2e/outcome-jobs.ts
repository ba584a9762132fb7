import type { JobScriptInput } from "../../local/cce/simulated-jobs.ts";

export const CLUSTER = { clusterId: "b1f6e1a2-5c0d-11f0-9d3c-0255ac101e44", resourceName: "shop" };

/** The reason of a subjob at the third level, with two lines and with special characters of chats and HTML. */
export const REASON =
  'create server failed, error code : Ecs.0319,\n  reason is : the flavor "c7n.xlarge.2" is sold out <!channel> & 售罄';

export const succeedingJob: JobScriptInput = {
  type: "CreateCluster",
  endSeconds: 0.2,
  ...CLUSTER,
  resourceId: CLUSTER.clusterId,
  subJobs: [
    { type: "CreatePSMCert", endSeconds: 0.1 },
    { type: "InstallMaster", endSeconds: 0.2 },
  ],
};

/** CCE returns a subjob's reason only in the reply about the subjob, not in the reply about the job. */
export const failingJob: JobScriptInput = {
  type: "ScaleupCluster",
  endSeconds: 0.3,
  outcome: "Failed",
  ...CLUSTER,
  subJobs: [
    {
      jobId: "sub-1",
      type: "CreateNode",
      endSeconds: 0.3,
      outcome: "Failed",
      resourceName: "node-7",
      subJobs: [
        {
          jobId: "sub-1-1",
          type: "CreateNodeVM",
          endSeconds: 0.2,
          outcome: "Failed",
          reason: REASON,
          briefInParent: true,
        },
      ],
    },
    { type: "CreateNode", endSeconds: 0.3, resourceName: "node-8" },
  ],
};

export const endlessJob: JobScriptInput = {
  type: "CreateNode",
  endSeconds: null,
  ...CLUSTER,
  subJobs: [{ type: "InstallNode", endSeconds: null }],
};
