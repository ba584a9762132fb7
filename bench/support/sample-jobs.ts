import { hash } from "node:crypto";

/** Returns the JSON of a job that creates a cluster in seven subjobs. Six of the seven subjobs have succeeded. */
export function renderClusterJob(jobId: string, phase: "Running" | "Failed"): string {
  const steps = ["CreateVpc", "CreateSecurityGroup", "CreateVolumes", "CreateServers", "CreatePorts"];
  const names = [...steps, "AssociateIp", "InstallMaster"];
  const subJobs = names.map((type, at) =>
    part(type, `${jobId}-${at}`, at < names.length - 1 ? "Success" : phase, []),
  );
  return JSON.stringify(part("CreateCluster", jobId, phase, subJobs));
}

/** In a failed large job, the creation of every tenth node has failed. */
const NODES_PER_FAILURE = 10;

/**
 * Returns the JSON of a job with one subjob per node. Each subjob has an ID and all documented fields, about 440 bytes
 * of JSON.
 */
export function renderNodeJob(nodes: number, phase: "Running" | "Failed"): string {
  const subJobs = Array.from({ length: nodes }, (_, at) => {
    const failed = phase === "Failed" && at % NODES_PER_FAILURE === 0;
    const uid = uuidOf(at);
    return part(
      "InstallNode",
      uid,
      failed ? "Failed" : phase === "Failed" ? "Success" : phase,
      [],
      `node-${uid.slice(0, 8)}`,
    );
  });
  return JSON.stringify(part("CreateNode", uuidOf(-1), phase, subJobs));
}

function part(type: string, uid: string, state: string, subJobs: readonly object[], name = "bench-cluster") {
  return {
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
      resourceName: name,
      extendParam: { serverNum: "3", az: "eu-de-01" },
      subJobs,
    },
    status: { phase: state, reason: state === "Failed" ? "the node did not become ready in time" : "" },
  };
}

/**
 * Makes a UUID from a hash of the number. The UUIDs are the same in each run of the bench. Like random UUIDs, they
 * cannot be compressed.
 */
function uuidOf(at: number): string {
  const digits = hash("sha256", `node ${at}`);
  return [0, 8, 12, 16, 20].map((from, part) => digits.slice(from, [8, 12, 16, 20, 32][part])).join("-");
}
