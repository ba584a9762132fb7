import type { Accepted } from "../api/accepted.ts";
import type { HealthDocument } from "../api/health-document.ts";
import type { JobList } from "../api/job-list.ts";
import { type Problem, problem } from "../api/problem.ts";
import type { Redelivered, Redelivery } from "../api/redelivery.ts";
import type { Submission } from "../api/submission.ts";
import type { TestResult } from "../api/test-result.ts";
import type { SchemaName } from "./component-schemas.ts";

const JOB_ID = "1e50bfbe-5b9e-11ef-8f52-0255ac10003e";
const REASON = "Failed to create the master: the quota of EIPs is used up";

const submission: Submission = {
  jobId: JOB_ID,
  project: "prod",
  notify: ["deploys"],
  context: { actor: "kim", pipeline: "infra/cluster", commit: "4f2c9aa", labels: { env: "prod" } },
};

const accepted: Accepted = {
  jobs: [
    {
      project: "prod",
      jobId: JOB_ID,
      status: "accepted",
      statusUrl: `https://notifier.example.com/v1/jobs/prod/${JOB_ID}`,
      pageUrl: `https://notifier.example.com/jobs/prod/${JOB_ID}?key=mzabc123.7h0cXq1b2C3d4E5f6G7h8I9j0K1l2M3n`,
    },
  ],
};

const failure = {
  path: ["CreateCluster", "InstallMaster"],
  jobId: "1e50c0d2-5b9e-11ef-8f52-0255ac10003e",
  resourceName: "cluster",
  reason: REASON,
  hint: null,
};

const observed = {
  project: "prod",
  region: "eu-de",
  jobId: JOB_ID,
  phase: "Failed",
  reason: REASON,
  clusterId: "1df09f9a-5b9e-11ef-8f52-0255ac10003e",
  resourceId: "1df09f9a-5b9e-11ef-8f52-0255ac10003e",
  resourceName: "cluster",
  failures: [failure],
  subJobs: { total: 7, succeeded: 5, failed: 1, pending: 1 },
  warnings: [],
  createdAt: "2026-11-23T09:20:46.000Z",
  updatedAt: "2026-11-23T09:29:56.000Z",
  durationSeconds: 550,
  context: submission.context ?? {},
};

const status = {
  ...observed,
  state: "failed",
  done: true,
  type: "CreateCluster",
  polls: 12,
  polledAt: ["2026-11-23T09:30:00.100Z"],
  nextPollAt: null,
  lagSeconds: 4.1,
  lastPollError: null,
  acceptedAt: "2026-11-23T09:20:50.000Z",
  deadlineAt: "2026-11-23T11:20:50.000Z",
  concludedAt: "2026-11-23T09:30:00.100Z",
  deliveries: [
    {
      target: "deploys",
      state: "delivered",
      attempts: 1,
      lastStatus: 200,
      lastReason: "ok",
      at: "2026-11-23T09:30:00.900Z",
      nextAttemptAt: null,
      history: [
        {
          at: "2026-11-23T09:30:00.900Z",
          verdict: "delivered",
          status: 200,
          reason: "ok",
          durationMs: 184,
          answer: "ok",
        },
      ],
    },
  ],
  job: null,
};

const list: JobList = {
  jobs: [
    {
      project: "prod",
      jobId: JOB_ID,
      state: "failed",
      done: true,
      phase: "Failed",
      polls: 12,
      type: "CreateCluster",
      resourceName: "cluster",
      acceptedAt: status.acceptedAt,
      concludedAt: status.concludedAt,
      statusUrl: accepted.jobs[0]?.statusUrl ?? "",
      pageUrl: accepted.jobs[0]?.pageUrl ?? null,
    },
  ],
  next: "WzE3OTU0MjU2NTAwMDAsIjFlNTBiZmJlLTViOWUtMTFlZi04ZjUyLTAyNTVhYzEwMDAzZSJd",
};

const event = {
  type: "job.failed",
  timestamp: "2026-11-23T09:30:00.100Z",
  data: {
    ...observed,
    jobType: "CreateCluster",
    outcome: "failed",
    watch: {
      acceptedAt: "2026-11-23T09:20:50.000Z",
      concludedAt: "2026-11-23T09:30:00.100Z",
      polls: 12,
      lagSeconds: 4.1,
    },
    statusUrl: accepted.jobs[0]?.pageUrl ?? null,
  },
};

const refused: Problem = {
  ...problem("invalid-request", "Nothing was accepted. Each fault is in 'errors'.", [
    { pointer: "#/notify/0", detail: "is not a configured target" },
  ]),
  instance: "urn:request:Jz8kFg2Tliq",
};

/** One example of each schema. A test checks every example against its schema. */
export const SCHEMA_EXAMPLES: Readonly<Partial<Record<SchemaName, unknown>>> = {
  Submission: submission,
  Accepted: accepted,
  JobList: list,
  StatusDocument: status,
  Redelivery: { targets: ["deploys"] } satisfies Redelivery,
  Redelivered: {
    project: "prod",
    jobId: JOB_ID,
    targets: [{ target: "deploys", redelivery: 1 }],
  } satisfies Redelivered,
  TestResult: { target: "deploys", verdict: "delivered", status: 200, reason: "ok" } satisfies TestResult,
  HealthDocument: {
    status: "ok",
    checks: { config: "ok", ledger: "ok", queue: "ok" },
  } satisfies HealthDocument,
  Problem: refused,
  JobEvent: event,
};
