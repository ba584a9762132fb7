import { logRedelivery } from "../../../functions/api/queue-redelivery.ts";
import { logTargetTest } from "../../../functions/api/test-target.ts";
import { logAndCountAccepted } from "../../../functions/enqueue/create-enqueue-handler.ts";
import { logAndCountAttempt } from "../../../functions/notify/record-attempt.ts";
import type { Notification } from "../../../functions/notify/resolve-notification.ts";
import { logAndCountConcluded, logAndCountPollMessage } from "../../../functions/poll/poll-log.ts";
import type { JobResult } from "../../../lib/api/submission-result.ts";
import type { AttemptResult } from "../../../lib/channels/attempt-delivery.ts";
import type { OutcomeSummary } from "../../../lib/domain/outcome-summary.ts";
import { Secret } from "../../../lib/domain/secret.ts";
import { runWithTraceparentInLogs } from "../../../lib/runtime/log.ts";
import { logActAndCountIfStop, NO_WATCH } from "../../../lib/runtime/log-act.ts";
import { capturedLog } from "../captured-log.ts";

const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const KEY = { project: "prod", jobId: "job-1", caller: "token:gitlab" };
const NOTIFICATION: Notification = {
  key: { ...KEY, generation: 0, event: "job.failed", target: "deploys" },
  redelivery: 0,
  webhookId: "msg_1",
  traceparent: TRACEPARENT,
  expiresAt: 0,
  target: { kind: "slack", language: "en", url: new Secret("https://hunter2"), on: ["failed"] },
  content: { kind: "test", target: "deploys", caller: "token:ci", at: 0 },
};
const ATTEMPTED: AttemptResult = {
  verdict: "delivered",
  status: 200,
  reason: "accepted",
  afterSeconds: null,
  spent: true,
  durationMs: 80,
  answer: "ok",
};
const CONCLUSION: OutcomeSummary = {
  ...KEY,
  region: null,
  jobType: "CreateCluster",
  outcome: "failed",
  phase: "Failed",
  reason: null,
  clusterId: null,
  resourceId: null,
  resourceName: null,
  failures: [],
  failuresOmitted: 0,
  causes: [],
  causesOmitted: 0,
  warnings: [],
  context: {},
  createdAt: null,
  updatedAt: null,
  durationSeconds: 550,
  jobPageUrl: null,
  listUrl: null,
  subJobs: { total: 0, succeeded: 0, failed: 0, pending: 0 },
  acceptedAt: Date.parse("2026-11-23T09:20:00.000Z"),
  concludedAt: Date.parse("2026-11-23T09:30:00.000Z"),
  polls: 12,
  lagSeconds: 4.5,
};

const jobResult = (jobId: string, status: JobResult["status"]): JobResult => ({
  project: "prod",
  jobId,
  status,
  deadlineAt: null,
  statusUrl: null,
  pageUrl: null,
});

test("every log line from a request to its notification contains the job ID and the trace context", async () => {
  const writeLines = () => {
    logAndCountAccepted({ caller: "gitlab", project: "prod" }, [
      jobResult("job-1", "accepted"),
      jobResult("job-2", "already_watching"),
    ]);
    logAndCountPollMessage({
      key: KEY,
      poll: 1,
      observation: "job",
      resource: null,
      next: "poll_again",
      delaySeconds: 30,
      latenessSeconds: 0.5,
    });
    logAndCountConcluded(CONCLUSION);
    logAndCountAttempt(NOTIFICATION, ATTEMPTED, { state: "delivered", attempts: 1, latenessSeconds: 6.5 });
  };
  const { logged, metrics } = await capturedLog(() => runWithTraceparentInLogs(TRACEPARENT, writeLines));
  expect(logged).toEqual([
    {
      message: "accept",
      caller: "gitlab",
      project: "prod",
      asked: 2,
      accepted: 1,
      job_ids: ["job-1"],
      traceparent: TRACEPARENT,
    },
    {
      message: "poll",
      caller: "token:gitlab",
      project: "prod",
      job_id: "job-1",
      poll: 1,
      observation: "job",
      delay_seconds: 30,
      lateness_seconds: 0.5,
      traceparent: TRACEPARENT,
    },
    {
      message: "concluded",
      project: "prod",
      job_id: "job-1",
      job_type: "CreateCluster",
      outcome: "failed",
      polls: 12,
      lag_seconds: 4.5,
      duration_seconds: 550,
      traceparent: TRACEPARENT,
    },
    {
      message: "attempt",
      project: "prod",
      job_id: "job-1",
      target: "deploys",
      kind: "slack",
      redelivery: 0,
      attempts: 1,
      verdict: "delivered",
      reason: "accepted",
      status: 200,
      duration_ms: 80,
      state: "delivered",
      lateness_seconds: 6.5,
      traceparent: TRACEPARENT,
    },
  ]);
  expect(metrics).toMatchObject({
    Accepted: 1,
    LagSeconds: 4.5,
    PollLatenessSeconds: 0.5,
    NotificationLatenessSeconds: 6.5,
    Attempts: 1,
    AttemptsFailed: 0,
  });
  expect(JSON.stringify([logged, metrics])).not.toContain("hunter2");
});

test("an attempt counts as failed when it used a step of the retry schedule, and not when it was throttled", async () => {
  const retry = { ...ATTEMPTED, verdict: "retry", reason: "server_error", status: 500 } as const;
  const { metrics } = await capturedLog(() => {
    logAndCountAttempt(
      NOTIFICATION,
      { ...retry, spent: false },
      { state: "pending", attempts: 0, latenessSeconds: null },
    );
    logAndCountAttempt(NOTIFICATION, retry, { state: "exhausted", attempts: 9, latenessSeconds: null });
  });
  expect(metrics).toMatchObject({ AttemptsFailed: [0, 1], DeadLetters: 1 });
});

test("every log line of a change says who made the change", async () => {
  const { logged } = await capturedLog(() => {
    logActAndCountIfStop({
      ...NO_WATCH,
      act: "target_off",
      who: "service",
      from: null,
      targets: ["deploys"],
    });
    logRedelivery({ ...KEY, traceparent: TRACEPARENT }, ["deploys"]);
    logTargetTest("deploys", "slack", ATTEMPTED, "oidc:https://ci.example.com:x");
  });
  expect(logged).toEqual([
    {
      message: "act",
      act: "target_off",
      who: "service",
      from: "-",
      project: "-",
      job_id: "-",
      owner: "-",
      traceparent: "-",
      targets: ["deploys"],
      entry: "-",
    },
    {
      message: "redeliver",
      caller: "token:gitlab",
      project: "prod",
      job_id: "job-1",
      targets: ["deploys"],
      traceparent: TRACEPARENT,
    },
    {
      message: "target test",
      caller: "oidc:https://ci.example.com:x",
      target: "deploys",
      kind: "slack",
      verdict: "delivered",
      reason: "accepted",
      status: 200,
      duration_ms: 80,
    },
  ]);
});

test("the end of an operation also counts for its kind, and the end of a job does not", async () => {
  const operation = await capturedLog(() => logAndCountConcluded({ ...CONCLUSION, jobType: "awake" }));
  expect(operation.metrics).toMatchObject({ Concluded: 1, OperationsConcluded: 1, kind: "awake" });
  const job = await capturedLog(() => logAndCountConcluded(CONCLUSION));
  expect(job.metrics).not.toHaveProperty("OperationsConcluded");
});
