import { logRedelivered } from "../../../functions/api/redeliver.ts";
import { logStopped } from "../../../functions/api/stop-watch.ts";
import { logTested } from "../../../functions/api/test-target.ts";
import { logAudit } from "../../../functions/audit/audit.ts";
import { logAccepted } from "../../../functions/enqueue/accept-request.ts";
import { logAttempt } from "../../../functions/notify/record-attempt.ts";
import type { Notification } from "../../../functions/notify/resolve-notification.ts";
import { logConcluded, logPoll } from "../../../functions/poll/poll-log.ts";
import { logSweepFailure, logSwept } from "../../../functions/sweep/sweep.ts";
import type { AttemptResult } from "../../../lib/channels/deliver.ts";
import type { OutcomeSummary } from "../../../lib/domain/outcome-summary.ts";
import { Secret } from "../../../lib/domain/secret.ts";
import { publishMetrics } from "../../../lib/runtime/metrics.ts";
import { captured } from "../../lib/runtime/captured.ts";

const KEY = { project: "prod", jobId: "job-1" };
const NOTIFICATION: Notification = {
  key: { ...KEY, generation: 0, target: "deploys" },
  redelivery: 0,
  webhookId: "msg_1",
  expiresAt: 0,
  target: { kind: "slack", url: new Secret("https://hunter2"), on: ["failed"] },
  content: { kind: "test", target: "deploys", at: 0 },
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
  warnings: [],
  context: {},
  createdAt: null,
  updatedAt: null,
  durationSeconds: 550,
  statusUrl: null,
  subJobs: { total: 0, succeeded: 0, failed: 0, pending: 0 },
  acceptedAt: Date.parse("2026-11-23T09:20:00.000Z"),
  concludedAt: Date.parse("2026-11-23T09:30:00.000Z"),
  polls: 12,
  lagSeconds: 4.5,
};

/** The log lines, without what the logger adds, and all that was counted. */
async function told(run: () => void) {
  const lines = await captured(() => {
    run();
    publishMetrics();
  });
  const added = ["level", "timestamp", "service", "sampling_rate", "function_request_id"];
  const logged = lines
    .filter((line) => "message" in line)
    .map((line) => Object.fromEntries(Object.entries(line).filter(([name]) => !added.includes(name))));
  const counted = Object.assign({}, ...lines.filter((line) => "_aws" in line)) as Record<string, unknown>;
  return { logged, counted };
}

test("every log line from a request to its notification contains the job ID", async () => {
  const { logged, counted } = await told(() => {
    logAccepted({ caller: "gitlab", project: "prod", asked: 2, jobIds: ["job-1"] });
    logPoll({
      key: KEY,
      poll: 1,
      observation: "job",
      next: "poll_again",
      delaySeconds: 30,
      latenessSeconds: 0.5,
    });
    logConcluded(CONCLUSION);
    logAttempt({ notification: NOTIFICATION, result: ATTEMPTED, state: "delivered", attempts: 1 });
  });
  expect(logged).toEqual([
    { message: "accept", caller: "gitlab", project: "prod", asked: 2, accepted: 1, job_ids: ["job-1"] },
    {
      message: "poll",
      project: "prod",
      job_id: "job-1",
      poll: 1,
      observation: "job",
      next: "poll_again",
      delay_seconds: 30,
      lateness_seconds: 0.5,
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
    },
  ]);
  expect(counted).toMatchObject({ Accepted: 1, LagSeconds: 4.5, PollLatenessSeconds: 0.5, Attempts: 1 });
  expect(counted).not.toHaveProperty("AttemptsFailed");
  expect(JSON.stringify([logged, counted])).not.toContain("hunter2");
});

test.each([
  ["job", 0],
  ["gone", 0],
  ["throttled", 1],
  ["unavailable", 1],
  ["unauthorized", 1],
  ["rate_limited", undefined],
] as const)(
  "a poll with the observation %s adds %s to the polls without a job",
  async (observation, count) => {
    const polled = {
      key: KEY,
      poll: 1,
      next: "poll_again",
      delaySeconds: 30,
      latenessSeconds: null,
    } as const;
    const { counted } = await told(() => logPoll({ ...polled, observation }));
    expect(counted.PollsWithoutJob).toEqual(count);
  },
);

test("an attempt counts as failed when it spent a place in the schedule, not when it was asked to wait", async () => {
  const retry = { ...ATTEMPTED, verdict: "retry", reason: "server_error", status: 500 } as const;
  const { counted } = await told(() => {
    logAttempt({
      notification: NOTIFICATION,
      result: { ...retry, spent: false },
      state: "pending",
      attempts: 0,
    });
    logAttempt({ notification: NOTIFICATION, result: retry, state: "exhausted", attempts: 9 });
  });
  expect(counted).toMatchObject({ AttemptsFailed: 1, DeadLetters: 1 });
});

test("a message that a claim refuses counts as a conflict and not as a poll", async () => {
  const refused = {
    key: KEY,
    poll: 1,
    next: "acknowledged",
    delaySeconds: null,
    latenessSeconds: null,
  } as const;
  const { counted } = await told(() => logPoll({ ...refused, observation: "stale" }));
  expect(counted).toMatchObject({ LedgerConflicts: 1 });
  expect(counted).not.toHaveProperty("Polls");
});

test("a sweep logs and counts what it sent again and what it left", async () => {
  const { logged, counted } = await told(() =>
    logSwept({ polls: 2, notifications: 1, failed: 1, finished: false }),
  );
  expect(logged).toEqual([{ message: "swept", polls: 2, notifications: 1, failed: 1, finished: false }]);
  expect(counted).toMatchObject({ SweepFound: 3, SweepLeft: 2, NotificationsOverdue: 1 });
});

test("a sweep without overdue notifications writes no metric of overdue notifications", async () => {
  const { counted } = await told(() => logSwept({ polls: 2, notifications: 0, failed: 0, finished: true }));
  expect(counted).toMatchObject({ SweepFound: 2, SweepLeft: 0 });
  expect(counted).not.toHaveProperty("NotificationsOverdue");
});

test("a failure of the sweep is logged with the watch or target and the error", async () => {
  const { logged } = await told(() => {
    logSweepFailure(KEY, new Error("throttled"));
    logSweepFailure({ target: "audit" }, new Error("no such item"));
  });
  expect(logged).toMatchObject([
    { message: "sweep failed", project: "prod", job_id: "job-1", error: { message: "throttled" } },
    { message: "sweep failed", target: "audit", error: { message: "no such item" } },
  ]);
});

test("what a caller did to a watch or a target carries who it was", async () => {
  const { logged } = await told(() => {
    logRedelivered(KEY, ["deploys"], "token:gitlab");
    logTested("deploys", "slack", ATTEMPTED, "oidc:ci.example.com");
  });
  expect(logged).toEqual([
    {
      message: "redeliver",
      caller: "token:gitlab",
      project: "prod",
      job_id: "job-1",
      targets: ["deploys"],
    },
    {
      message: "target test",
      caller: "oidc:ci.example.com",
      target: "deploys",
      kind: "slack",
      verdict: "delivered",
      reason: "accepted",
      status: 200,
      duration_ms: 80,
    },
  ]);
});

test("the audit logs its counts, their discrepancy and each orphaned watch", async () => {
  const { logged, counted } = await told(() => {
    logStopped(KEY, "token:gitlab");
    logAudit({ accepted: 5, concluded: 2, stopped: 1, live: 1, orphaned: [KEY] });
  });
  expect(logged).toEqual([
    { message: "stop", caller: "token:gitlab", project: "prod", job_id: "job-1" },
    { message: "audit", accepted: 5, concluded: 2, stopped: 1, live: 1, discrepancy: 1 },
    { message: "orphaned", project: "prod", job_id: "job-1" },
  ]);
  expect(counted).toMatchObject({ Stopped: 1, AuditDiscrepancy: 1, LiveWatches: 1 });
});
