import type { JobDocument, StatusDocument } from "../../../../lib/status.ts";

/** The moment all samples are told at. */
export const NOW = Date.parse("2026-03-12T09:39:22.000Z");
const START = Date.parse("2026-03-12T09:30:00.000Z");

/** ISO time so many seconds after the sample job began. */
export const at = (seconds: number) => new Date(START + seconds * 1000).toISOString();

export function subJob(part: Partial<JobDocument> = {}): JobDocument {
  return {
    jobId: "5c1d7a40-2f6b-11f1-8a3e-0255ac100b07",
    type: "InstallNode",
    phase: "Success",
    state: "succeeded",
    reason: null,
    hint: null,
    clusterId: null,
    resourceId: null,
    resourceName: null,
    createdAt: at(0),
    updatedAt: at(60),
    subJobs: [],
    ...part,
  };
}

/** A subjob that ran from one second of the job to another. */
export function step(type: string, from: number, to: number, part: Partial<JobDocument> = {}): JobDocument {
  return subJob({
    jobId: `job-${type}-${from}`.padEnd(36, "-x"),
    type,
    createdAt: at(from),
    updatedAt: at(to),
    ...part,
  });
}

export const PENDING = { phase: "Running", state: "pending" } as const;
export const FAILED = { phase: "Failed", state: "failed" } as const;

export const REASON = `[VM creation failed]
code: Ecs.0319, message: the flavor c7.2xlarge.4 is sold out in eu-de-02
request: req-91b3f0aa27`;

/** A cluster's creation after nine minutes: one node is up, the other still being installed. */
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
    subJobs: { total: 9, succeeded: 6, failed: 0, pending: 3 },
    warnings: [],
    createdAt: at(0),
    updatedAt: at(548),
    durationSeconds: null,
    looks: 9,
    lookedAt: [4, 95, 180, 256, 330, 401, 462, 511, 548].map(at),
    nextLookAt: at(584),
    lagSeconds: null,
    trouble: null,
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
      state: "pending",
      attempts: 0,
      lastStatus: null,
      lastReason: null,
      at: null,
      nextAttemptAt: null,
      history: [],
    })),
    job: tree,
  };
}

/** The same job a little later: one node could not be made, Slack knows, the audit system does not answer yet. */
export function failedJob(): StatusDocument {
  const running = runningJob();
  const failedNode = step("CreateNode", 405, 557, {
    ...FAILED,
    resourceName: "pool-a-m9d4q",
    reason: REASON,
    subJobs: [step("CreateNodeVM", 407, 553, { ...FAILED, reason: REASON, resourceName: "pool-a-m9d4q" })],
  });
  const [network, master, pool] = running.job?.subJobs ?? [];
  if (!running.job || !network || !master || !pool) throw new Error("the running sample has three steps");
  const nodes = [pool.subJobs[0] ?? failedNode, failedNode];
  return {
    ...running,
    state: "failed",
    done: true,
    phase: "Failed",
    failures: [
      {
        path: ["CreateCluster", "CreateNodePool", "CreateNode", "CreateNodeVM"],
        jobId: "job-CreateNodeVM-407",
        resourceName: "pool-a-m9d4q",
        reason: REASON,
        hint: "The flavor is sold out in this zone: choose another flavor or zone. https://support.example.com/ecs/0319",
      },
    ],
    subJobs: { total: 9, succeeded: 6, failed: 3, pending: 0 },
    updatedAt: at(559),
    durationSeconds: 559,
    looks: 10,
    lookedAt: [...running.lookedAt, at(563)],
    nextLookAt: null,
    lagSeconds: 4.1,
    concludedAt: at(563),
    deliveries: [
      {
        target: "deploys",
        state: "delivered",
        attempts: 1,
        lastStatus: 200,
        lastReason: "accepted",
        at: at(564),
        nextAttemptAt: null,
        history: [
          {
            at: at(564),
            verdict: "delivered",
            status: 200,
            reason: "accepted",
            durationMs: 212,
            answer: "ok",
          },
        ],
      },
      {
        target: "audit",
        state: "pending",
        attempts: 2,
        lastStatus: 503,
        lastReason: "server_error",
        at: at(570),
        nextAttemptAt: at(601),
        history: [
          { at: at(564), verdict: "retry", status: null, reason: "ECONNRESET", durationMs: 1840, answer: "" },
          {
            at: at(570),
            verdict: "retry",
            status: 503,
            reason: "server_error",
            durationMs: 95,
            answer: "upstream is restarting",
          },
        ],
      },
    ],
    job: {
      ...running.job,
      ...FAILED,
      updatedAt: at(559),
      subJobs: [network, master, { ...pool, ...FAILED, updatedAt: at(558), subJobs: nodes }],
    },
  };
}

/** Ended well, and everybody knows. */
export function succeededJob(): StatusDocument {
  const failed = failedJob();
  const node = step("CreateNode", 405, 541, { resourceName: "pool-a-m9d4q" });
  const steps = failed.job?.subJobs ?? [];
  const well = { phase: "Success", state: "succeeded" } as const;
  return {
    ...failed,
    ...well,
    phase: "Success",
    failures: [],
    subJobs: { total: 8, succeeded: 8, failed: 0, pending: 0 },
    deliveries: failed.deliveries.map((delivery) => ({
      ...delivery,
      state: "delivered",
      nextAttemptAt: null,
    })),
    job: failed.job && {
      ...failed.job,
      ...well,
      subJobs: steps.map((part) =>
        part.state === "failed" ? { ...part, ...well, subJobs: [...part.subJobs.slice(0, 1), node] } : part,
      ),
    },
  };
}

/** Fifty subjobs on three levels, one of them failed. */
export function bigJob(): StatusDocument {
  const nodes = Array.from({ length: 16 }, (_, index) => {
    const lost = index === 11 ? { ...FAILED, reason: REASON } : {};
    const part = { resourceName: `pool-b-${String(index).padStart(3, "0")}`, ...lost };
    const begin = 100 + 20 * index;
    return step("CreateNode", begin, begin + 150, {
      ...part,
      subJobs: [step("CreateNodeVM", begin, begin + 90, part), step("InstallNode", begin + 90, begin + 150)],
    });
  });
  const failed = failedJob();
  const root = step("CreateNodePool", 0, 559, {
    ...FAILED,
    subJobs: [step("CheckQuota", 1, 5), step("CreateSecurityGroup", 5, 60), ...nodes],
  });
  return {
    ...failed,
    type: "CreateNodePool",
    job: root,
    subJobs: { total: 50, succeeded: 47, failed: 3, pending: 0 },
  };
}
