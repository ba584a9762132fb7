import type { Job, JobKey, WatchGeneration, WatchKey } from "../../../lib/domain/job.ts";
import type { OutcomeSummary } from "../../../lib/domain/outcome-summary.ts";
import { summarizeAndTruncateSlowJob } from "../../../lib/domain/slow-summary.ts";
import type { Attempt } from "../../../lib/ledger/notification.ts";
import type { SlowRecord } from "../../../lib/ledger/watch-deliveries-and-overdue-times.ts";
import type { NewWatch, PollRecord, WatchEnd } from "../../../lib/ledger/watch-ledger.ts";

export const T0 = Date.parse("2027-01-15T08:00:00Z");
export const LEASE_MS = 30_000;
/** A server with the time to live enabled deletes an item whose time has passed, so this time is far in the future. */
export const NEVER = Date.parse("2200-01-01T00:00:00Z");

/** The caller of a sample watch. The name of a caller may contain the separators of keys. */
export const CALLER = "oidc:https://ci.example.com:repo:org/infra#1";

/** An operation that is known by its resource, and an operation that is known by its task. */
export const AWAKE = { kind: "awake", clusterId: "c-1" } as const;
export const UPGRADE = { kind: "cluster_upgrade", clusterId: "c-1", taskId: "task-1" } as const;

let count = 0;

/** Returns a key with a new project, so that tests share one table without conflicts. */
export function newKey(): { project: string; jobId: string; caller: string } {
  count += 1;
  return { project: `prod-${count}`, jobId: "6f1c2c34-8f1d-11ec-9a6b-0255ac101d4f", caller: CALLER };
}

/** Returns the first generation of a watch. */
export function firstGeneration({ project, jobId, caller }: WatchKey): WatchGeneration {
  return { project, jobId, caller, generation: 0 };
}

export function newWatch(changes: Partial<NewWatch> = {}): NewWatch {
  return {
    ...newKey(),
    acceptedAt: T0,
    deadlineAt: T0 + 7_200_000,
    nextPollAt: T0 + 20_000,
    targets: ["deploys"],
    context: { actor: "release-bot", pipeline: "platform" },
    callbacks: {},
    digestId: null,
    traceparent: null,
    expiresAt: NEVER,
    ...changes,
  };
}

/** Returns the end of the first generation of a watch. */
export function endOf(watch: NewWatch, expiresAt = NEVER): WatchEnd {
  return {
    key: watch,
    acceptedAt: watch.acceptedAt,
    outcome: "succeeded",
    concludedAt: T0,
    targets: watch.targets,
    polledAt: [],
    expiresAt,
  };
}

export function job(changes: Partial<Job> = {}): Job {
  return {
    jobId: "6f1c2c34",
    type: "CreateCluster",
    phase: "Running",
    state: "pending",
    reason: null,
    clusterId: "c-1",
    resourceId: null,
    resourceName: "blue",
    createdAt: T0 - 5000,
    updatedAt: T0,
    subJobs: [],
    ...changes,
  };
}

export function pollRecord(changes: Partial<PollRecord> & Pick<PollRecord, "key">): PollRecord {
  return {
    poll: 1,
    messageId: "m-1",
    nextPollAt: T0 + 60_000,
    phase: "Running",
    jobType: "CreateCluster",
    resourceName: "blue",
    accessError: null,
    lastPollError: null,
    consecutiveFailures: 0,
    rateLimited: false,
    polledAt: [T0 + 20_000],
    tree: null,
    ...changes,
  };
}

export function attempt(changes: Partial<Attempt> = {}): Attempt {
  return {
    at: T0,
    verdict: "retry",
    status: 503,
    durationMs: 12,
    reason: "server_error",
    answer: "busy",
    ...changes,
  };
}

export function conclusion(
  { project, jobId }: JobKey,
  changes: Partial<OutcomeSummary> = {},
): OutcomeSummary {
  return {
    project,
    jobId,
    region: "eu-de",
    jobType: "CreateCluster",
    outcome: "failed",
    phase: "Failed",
    reason: "quota exceeded",
    clusterId: null,
    resourceId: null,
    resourceName: null,
    failures: [
      {
        path: ["CreateCluster", "CreateVM"],
        jobId: null,
        resourceName: null,
        reason: "no quota",
        hint: null,
      },
    ],
    failuresOmitted: 0,
    causes: [
      {
        type: "CreateVM",
        reason: "no quota",
        hint: null,
        count: 1,
        resources: [],
        path: ["CreateCluster", "CreateVM"],
        total: 1,
      },
    ],
    causesOmitted: 0,
    subJobs: { total: 2, succeeded: 1, failed: 1, pending: 0 },
    warnings: [],
    createdAt: null,
    updatedAt: null,
    durationSeconds: 31.5,
    context: {},
    jobPageUrl: null,
    listUrl: null,
    acceptedAt: T0,
    concludedAt: T0 + 60_000,
    polls: 2,
    lagSeconds: null,
    ...changes,
  };
}

const SLOW_SUMMARY = summarizeAndTruncateSlowJob(
  {
    project: "prod",
    region: "eu-de",
    jobId: "job-1",
    acceptedAt: T0,
    polledAt: T0 + 600_000,
    polls: 7,
    context: { actor: "jane" },
    ageSeconds: 605,
    usual: { p50Seconds: 300, p95Seconds: 420, fromJobs: 30 },
    jobPageUrl: null,
  },
  job({ subJobs: [job({ type: "InstallMaster" })] }),
  () => 190,
);

export const SLOW: SlowRecord = { summary: SLOW_SUMMARY, targets: ["chat"], generations: { chat: 2 } };
