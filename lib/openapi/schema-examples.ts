import type { TestResult } from "../api/delivery-document.ts";
import type { HealthDocument } from "../api/health-document.ts";
import type { JobList } from "../api/job-list.ts";
import { type Problem, problemOf } from "../api/problem.ts";
import type { Redelivery, RedeliveryResult } from "../api/redelivery.ts";
import type { StatusDocument } from "../api/status-document.ts";
import type { Submission } from "../api/submission.ts";
import type { SubmissionResult } from "../api/submission-result.ts";
import type { JobEvent } from "../channels/webhook/event.ts";
import type { SchemaName } from "./component-schemas.ts";

const JOB = { project: "prod", jobId: "1e50bfbe-5b9e-11ef-8f52-0255ac10003e" };
const STATUS_URL = `https://notifier.example.com/v1/jobs/prod/${JOB.jobId}`;
const PAGE_URL = `https://notifier.example.com/jobs/prod/${JOB.jobId}?key=mzabc123.7h0cXq1b2C3d4E5f6G7h8I9j0K1l2M3n`;
const ACCEPTED_AT = "2026-11-23T09:20:50.000Z";
const CONCLUDED_AT = "2026-11-23T09:30:00.100Z";
const NOTIFIED_AT = "2026-11-23T09:30:00.900Z";
const REASON = "Failed to create the master: the quota of EIPs is used up";
const CONTEXT = { actor: "kim", pipeline: "infra/cluster", commit: "4f2c9aa", labels: { env: "prod" } };

/** The fields that the status document and the event have in common. */
const FAILED_JOB = {
  ...JOB,
  region: "eu-de",
  phase: "Failed",
  reason: REASON,
  clusterId: "1df09f9a-5b9e-11ef-8f52-0255ac10003e",
  resourceId: "1df09f9a-5b9e-11ef-8f52-0255ac10003e",
  resourceName: "cluster",
  failures: [
    {
      path: ["CreateCluster", "InstallMaster"],
      jobId: "1e50c0d2-5b9e-11ef-8f52-0255ac10003e",
      resourceName: "cluster",
      reason: REASON,
      hint: null,
    },
  ],
  subJobs: { total: 7, succeeded: 5, failed: 1, pending: 1 },
  warnings: [],
  createdAt: "2026-11-23T09:20:46.000Z",
  updatedAt: "2026-11-23T09:29:56.000Z",
  durationSeconds: 550,
  context: CONTEXT,
};

const STATUS: StatusDocument = {
  ...FAILED_JOB,
  state: "failed",
  done: true,
  type: "CreateCluster",
  polls: 12,
  polledAt: [CONCLUDED_AT],
  nextPollAt: null,
  lagSeconds: 4.1,
  lastPollError: null,
  acceptedAt: ACCEPTED_AT,
  deadlineAt: "2026-11-23T11:20:50.000Z",
  concludedAt: CONCLUDED_AT,
  deliveries: [
    {
      target: "deploys",
      state: "delivered",
      attempts: 1,
      lastStatus: 200,
      lastReason: "ok",
      at: NOTIFIED_AT,
      nextAttemptAt: null,
      history: [
        { at: NOTIFIED_AT, verdict: "delivered", status: 200, reason: "ok", durationMs: 184, answer: "ok" },
      ],
    },
  ],
  job: null,
};

const JOB_LIST: JobList = {
  jobs: [
    {
      ...JOB,
      state: "failed",
      done: true,
      phase: "Failed",
      polls: 12,
      type: "CreateCluster",
      resourceName: "cluster",
      acceptedAt: ACCEPTED_AT,
      concludedAt: CONCLUDED_AT,
      statusUrl: STATUS_URL,
      pageUrl: PAGE_URL,
    },
  ],
  next: "WzE3OTU0MjU2NTAwMDAsIjFlNTBiZmJlLTViOWUtMTFlZi04ZjUyLTAyNTVhYzEwMDAzZSJd",
};

const EVENT: JobEvent = {
  type: "job.failed",
  timestamp: CONCLUDED_AT,
  data: {
    ...FAILED_JOB,
    jobType: "CreateCluster",
    outcome: "failed",
    watch: { acceptedAt: ACCEPTED_AT, concludedAt: CONCLUDED_AT, polls: 12, lagSeconds: 4.1 },
    statusUrl: PAGE_URL,
  },
};

const UNKNOWN_TARGET = "unknown target 'deploy'. Targets you may use: deploys, audit.";
const PROBLEM: Problem = {
  ...problemOf("invalid-request", `\`notify[0]\`: ${UNKNOWN_TARGET}`, [
    { pointer: "#/notify/0", detail: UNKNOWN_TARGET },
  ]),
  instance: "urn:request:Jz8kFg2Tliq",
};

/** One example of each schema. A test checks every example against its schema. */
export const SCHEMA_EXAMPLES = {
  Submission: { ...JOB, notify: ["deploys"], context: CONTEXT } satisfies Submission,
  SubmissionResult: {
    jobs: [{ ...JOB, status: "accepted", statusUrl: STATUS_URL, pageUrl: PAGE_URL }],
  } satisfies SubmissionResult,
  JobList: JOB_LIST,
  StatusDocument: STATUS,
  Redelivery: { targets: ["deploys"] } satisfies Redelivery,
  RedeliveryResult: { ...JOB, targets: [{ target: "deploys", redelivery: 1 }] } satisfies RedeliveryResult,
  TestResult: { target: "deploys", verdict: "delivered", status: 200, reason: "ok" } satisfies TestResult,
  HealthDocument: {
    status: "ok",
    checks: { config: "ok", ledger: "ok", queue: "ok" },
  } satisfies HealthDocument,
  Problem: PROBLEM,
  JobEvent: EVENT,
} satisfies Partial<Record<SchemaName, object>>;
