import type { StatusDocument } from "../../../lib/api/status-document.ts";
import { at, PENDING, step, subJob } from "./sample-parts.ts";

const NO_SUBJOBS = { total: 0, succeeded: 0, failed: 0, pending: 0 };

/** Returns a job that started nine minutes ago and creates a cluster. One node runs, and one node is installing. */
export function runningJob(): StatusDocument {
  const tree = step("CreateCluster", 0, 560, {
    ...PENDING,
    resourceName: "checkout-prod",
    subJobs: [
      step("CreateVpcResources", 2, 31),
      step("InstallMaster", 31, 402, {
        subJobs: [
          step("CreateMasterVM", 33, 141, { resourceName: "master-0" }),
          step("CreatePSMCert", 141, 163),
          step("InstallControlPlane", 163, 398),
        ],
      }),
      step("CreateNodePool", 402, 560, {
        ...PENDING,
        subJobs: [
          step("CreateNode", 404, 529, { resourceName: "pool-a-x7k2p" }),
          step("CreateNode", 405, 560, { ...PENDING, resourceName: "pool-a-m9d4q" }),
          subJob({
            type: "InstallAddons",
            jobId: "addons",
            phase: null,
            state: "pending",
            createdAt: null,
            updatedAt: null,
          }),
        ],
      }),
    ],
  });
  return {
    project: "prod",
    region: "eu-de",
    jobId: "b7c64d1e-1df2-11f1-9e0a-0255ac100b19",
    state: "watching",
    done: false,
    phase: "Running",
    type: "CreateCluster",
    reason: null,
    clusterId: "4f0e9a6c-1df2-11f1-9e0a-0255ac100b19",
    resourceId: "4f0e9a6c-1df2-11f1-9e0a-0255ac100b19",
    resourceName: "checkout-prod",
    failures: [],
    failuresOmitted: 0,
    causes: [],
    causesOmitted: 0,
    subJobs: { total: 9, succeeded: 6, failed: 0, pending: 3 },
    leafSubJobs: { total: 7, succeeded: 5, failed: 0, pending: 2 },
    warnings: [],
    createdAt: at(0),
    updatedAt: at(548),
    durationSeconds: null,
    polls: 9,
    polledAt: [4, 95, 180, 256, 330, 401, 462, 511, 548].map(at),
    nextPollAt: at(584),
    lagSeconds: null,
    lastPollError: null,
    acceptedAt: at(3),
    deadlineAt: at(7203),
    concludedAt: null,
    context: {
      actor: "Mara Lindqvist",
      pipeline: "checkout / provision #1482",
      runUrl: "https://ci.example.com/checkout/runs/1482",
      commit: "9f2c1ab",
      labels: { environment: "production", team: "payments" },
    },
    deliveries: ["deploys", "audit"].map((target) => ({
      target,
      event: null,
      state: "pending",
      reason: null,
      attempts: 0,
      lastStatus: null,
      lastReason: null,
      at: null,
      nextAttemptAt: null,
      history: [],
    })),
    job: tree,
    expected: { p50Seconds: 600, p90Seconds: 720, fromJobs: 42, remainingSeconds: 45 },
  };
}

/** Returns a job that no poll has seen. */
export function unseenJob(part: Partial<StatusDocument> = {}): StatusDocument {
  return {
    ...runningJob(),
    job: null,
    type: null,
    phase: null,
    resourceName: null,
    resourceId: null,
    clusterId: null,
    createdAt: null,
    updatedAt: null,
    subJobs: NO_SUBJOBS,
    leafSubJobs: NO_SUBJOBS,
    expected: undefined,
    ...part,
  };
}

/** Returns a job with one subjob, which runs. */
export function oneStepJob(): StatusDocument {
  const running = runningJob();
  const subJobs = [step("CreateNodeVM", 4, 560, { ...PENDING, resourceName: "pool-a-m9d4q" })];
  return {
    ...running,
    subJobs: { total: 1, succeeded: 0, failed: 0, pending: 1 },
    leafSubJobs: { total: 1, succeeded: 0, failed: 0, pending: 1 },
    job: running.job && { ...running.job, subJobs },
  };
}

/** Returns a job without subjobs. */
export function loneJob(): StatusDocument {
  const running = runningJob();
  return {
    ...running,
    subJobs: NO_SUBJOBS,
    leafSubJobs: NO_SUBJOBS,
    job: running.job && { ...running.job, subJobs: [] },
  };
}
