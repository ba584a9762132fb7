import type { StatusDocument } from "../../../lib/api/status-document.ts";
import { runningJob } from "./running-jobs.ts";
import { at, FAILED, REASON, step } from "./sample-parts.ts";

/** Returns the running job after one node has failed. Slack is notified, and the audit system does not respond. */
export function failedJob(): StatusDocument {
  const running = runningJob();
  const failedNode = step("CreateNode", 405, 557, {
    ...FAILED,
    resourceName: "pool-a-m9d4q",
    reason: REASON,
    subJobs: [step("CreateNodeVM", 407, 553, { ...FAILED, reason: REASON, resourceName: "pool-a-m9d4q" })],
  });
  const [network, master, pool] = running.job?.subJobs ?? [];
  if (!running.job || !network || !master || !pool) throw new Error("the running job has three steps");
  const nodes = [pool.subJobs[0] ?? failedNode, failedNode];
  return {
    ...running,
    state: "failed",
    done: true,
    phase: "Failed",
    expected: undefined,
    failures: [
      {
        path: ["CreateCluster", "CreateNodePool", "CreateNode", "CreateNodeVM"],
        jobId: "job-CreateNodeVM-407",
        resourceName: "pool-a-m9d4q",
        reason: REASON,
        hint: "The flavor is sold out in this zone: choose another flavor or zone. https://support.example.com/ecs/0319",
      },
    ],
    causes: [
      {
        type: "CreateNodeVM",
        reason: REASON,
        hint: "The flavor is sold out in this zone: choose another flavor or zone. https://support.example.com/ecs/0319",
        count: 1,
        resources: ["pool-a-m9d4q"],
        path: ["CreateCluster", "CreateNodePool", "CreateNode", "CreateNodeVM"],
        total: 1,
      },
    ],
    subJobs: { total: 9, succeeded: 6, failed: 3, pending: 0 },
    leafSubJobs: { total: 6, succeeded: 5, failed: 1, pending: 0 },
    updatedAt: at(559),
    durationSeconds: 559,
    polls: 10,
    polledAt: [...running.polledAt, at(563)],
    nextPollAt: null,
    lagSeconds: 4.1,
    concludedAt: at(563),
    deliveries: [
      {
        target: "deploys",
        event: "job.failed",
        state: "delivered",
        reason: "ok",
        attempts: 1,
        lastStatus: 200,
        lastReason: "ok",
        at: at(564),
        nextAttemptAt: null,
        history: [
          {
            at: at(564),
            verdict: "delivered",
            status: 200,
            reason: "ok",
            durationMs: 212,
            answer: "ok",
          },
        ],
      },
      {
        target: "audit",
        event: "job.failed",
        state: "pending",
        reason: "server_error",
        attempts: 2,
        lastStatus: 503,
        lastReason: "server_error",
        at: at(570),
        nextAttemptAt: at(601),
        history: [
          {
            at: at(564),
            verdict: "retry",
            status: null,
            reason: "connection_failed",
            durationMs: 1840,
            answer: "",
          },
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
