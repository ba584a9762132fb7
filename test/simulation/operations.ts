import { jobIdFromTaskOrResourceIds, type Operation } from "../../lib/domain/operation.ts";
import type { RandomSource } from "../../local/random-source.ts";
import { submitJobs } from "./callers.ts";
import { drawJob, drawSubmission } from "./draw-inputs.ts";
import type { ServiceRun } from "./run-service.ts";

/** The cluster of the simulated jobs that are not about a cluster. */
const CLUSTER_ID = "cluster-1";

/**
 * Submits an operation that has no job in a third of the runs. Some callers submit the same operation again, before or
 * after its end.
 */
export function planOperations(run: ServiceRun, hasSweep: boolean, draw: RandomSource): void {
  if (draw.happens(0.65)) return;
  const operation = draw.pick<Operation>([
    { kind: "awake", clusterId: CLUSTER_ID },
    { kind: "cluster_upgrade", clusterId: CLUSTER_ID, taskId: "task-op" },
    { kind: "node_pool_scale", clusterId: CLUSTER_ID, nodePoolId: "pool-op" },
  ]);
  const jobId = jobIdFromTaskOrResourceIds(operation);
  run.cce.operations.set(jobId, { ...drawJob(draw, jobId), jobType: operation.kind, operation });
  // Only the sweep sends a lost notification to a target that a later call adds to an ended watch.
  const calls = hasSweep ? draw.between(1, 3) : 1;
  let planned = 0;
  for (let call = 0; call < calls; call += 1) {
    const submission = { ...drawSubmission(draw, [jobId]), operation, digest: false };
    planned += 1;
    run.simulation.scheduler.after(draw.between(0, 3_600_000), () => {
      planned -= 1;
      submitJobs(run, submission, run.asked, Number.POSITIVE_INFINITY);
    });
  }
  const { expectsCalls } = run;
  run.expectsCalls = () => planned > 0 || expectsCalls();
}

/** Checks that no poll queried the job API for an operation. Returns one text per violation. */
export function checkOperations({ cce }: ServiceRun): readonly string[] {
  return [...cce.operations.keys()]
    .filter((jobId) => cce.observed.get(jobId)?.has(QUERIED_AS_JOB))
    .map((jobId) => `${jobId} is an operation, but was queried as a job`);
}

/** What a query of the job API observes for the ID of an operation. */
export const QUERIED_AS_JOB = "queried as a job";
