import type { Job, Outcome, WatchKey } from "../../lib/domain/job.ts";
import type { PollRecord } from "../../lib/ledger/watch-ledger.ts";
import { START } from "./http-config.ts";
import { createHarness, type Harness } from "./http-harness.ts";

/** The key of the watch of the token `all`. */
export const KEY = { project: "prod", jobId: "a", caller: "token:all" };
export const URL_OF_A = "/v1/jobs/prod/a";

/** Creates a harness with one watch of two targets. */
export async function watched(options?: Parameters<typeof createHarness>[0]): Promise<Harness> {
  const api = createHarness(options);
  await api.ask("POST", "/v1/jobs", { body: { jobId: "a", notify: ["deploys", "audit"] } });
  return api;
}

/** A running job that creates a cluster. */
export const RUNNING: Job = {
  jobId: "a",
  type: "CreateCluster",
  phase: "Running",
  state: "pending",
  reason: null,
  clusterId: null,
  resourceId: null,
  resourceName: "m",
  createdAt: START,
  updatedAt: null,
  subJobs: [],
};

/** Ends the watch. */
export async function end(
  api: Harness,
  outcome: Outcome = "failed",
  targets: readonly string[] = ["audit", "deploys"],
  key: WatchKey = KEY,
): Promise<void> {
  await api.ledger.claimPoll({ key, poll: 1, messageId: "m", now: api.clock.now, leaseMs: 1000 });
  await api.ledger.endWatchUnlessTargetsAdded({
    key,
    acceptedAt: START,
    outcome,
    concludedAt: api.clock.now,
    targets,
    polledAt: [],
    expiresAt: START + 1e10,
  });
}

const READY = {
  succeededAt: START,
  readyPolls: 0,
  wasNotReady: true,
  reason: "Unavailable",
  message: "no master answers",
};

/** Records a poll of a running cluster creation. `changes` are fields of the record with other values. */
export async function recordRunningJob(
  { ledger }: Pick<Harness, "ledger">,
  changes: Partial<PollRecord> = {},
): Promise<void> {
  const { key, poll, messageId } = { key: KEY, poll: 1, messageId: "m", ...changes };
  await ledger.claimPoll({ key, poll, messageId, now: START, leaseMs: 1000 });
  await ledger.recordPoll({
    key,
    poll,
    messageId,
    nextPollAt: START + 5000,
    consecutiveFailures: 0,
    rateLimited: false,
    accessError: null,
    lastPollError: null,
    polledAt: [START],
    phase: "Running",
    jobType: "CreateCluster",
    resourceName: "m",
    tree: null,
    ...changes,
  });
}

/** Records a poll that has seen the success of the job, and that the resource of the job is not ready yet. */
export async function recordWaitingForReady(harness: Harness, key = KEY, poll = 1): Promise<void> {
  await recordRunningJob(harness, { key, poll, phase: "Success", ready: READY });
}
