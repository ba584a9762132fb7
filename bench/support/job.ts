/** A job as CCE shows it, with the seven subjobs of a cluster's creation. Six have succeeded. */
export function renderCluster(jobId: string, phase: "Running" | "Failed"): string {
  const steps = ["CreateVpc", "CreateSecurityGroup", "CreateVolumes", "CreateServers", "CreatePorts"];
  const names = [...steps, "AssociateIp", "InstallMaster"];
  const part = (type: string, uid: string, state: string, subJobs: readonly object[]) => ({
    kind: "Job",
    apiVersion: "v3",
    metadata: {
      uid,
      creationTimestamp: "2026-11-23 09:20:50.672772389 +0000 UTC",
      updateTimestamp: "2026-11-23 09:28:40.672793999 +0000 UTC",
    },
    spec: {
      type,
      clusterUID: "b1f6e1a2-5c0d-11f0-9d3c-0255ac101e44",
      resourceID: "b1f6e1a2-5c0d-11f0-9d3c-0255ac101e44",
      resourceName: "bench-cluster",
      extendParam: { serverNum: "3", az: "eu-de-01" },
      subJobs,
    },
    status: { phase: state, reason: state === "Failed" ? "the node did not become ready in time" : "" },
  });
  const subJobs = names.map((type, at) =>
    part(type, `${jobId}-${at}`, at < names.length - 1 ? "Success" : phase, []),
  );
  return JSON.stringify(part("CreateCluster", jobId, phase, subJobs));
}
