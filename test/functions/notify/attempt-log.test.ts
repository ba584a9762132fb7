import { logAndCountAttempt } from "../../../functions/notify/record-attempt.ts";
import type { Notification } from "../../../functions/notify/resolve-notification.ts";
import { Secret } from "../../../lib/domain/secret.ts";
import { capturedLog } from "../captured-log.ts";
import { DELIVERED } from "../steps-harness.ts";

const NOTIFICATION: Notification = {
  key: {
    project: "prod",
    jobId: "job-1",
    generation: 0,
    event: "job.failed",
    target: "deploys",
  },
  redelivery: 2,
  webhookId: "msg_1",
  traceparent: null,
  expiresAt: 0,
  target: { kind: "slack", language: "en", url: new Secret("https://hunter2"), on: ["failed"] },
  content: { kind: "test", target: "deploys", caller: "token:ci", at: 0 },
};
const FAILED = { ...DELIVERED, status: 503, reason: "server_error" } as const;

/** The metrics of an attempt, without the metrics that every attempt has and without the dimensions. */
const OPTIONAL = ["Notifications", "DeadLetters", "TargetGone"];

test.each([
  ["delivered", { ...DELIVERED }, "delivered", 0, { Notifications: 1 }],
  ["throttled", { ...FAILED, verdict: "retry", spent: false }, "pending", 0, {}],
  ["that failed before another attempt", { ...FAILED, verdict: "retry" }, "pending", 1, {}],
  [
    "that failed as the last attempt",
    { ...FAILED, verdict: "retry" },
    "exhausted",
    1,
    { Notifications: 1, DeadLetters: 1 },
  ],
  ["rejected", { ...FAILED, verdict: "rejected" }, "rejected", 1, { Notifications: 1, DeadLetters: 1 }],
  [
    "not made because the target is off",
    { ...FAILED, verdict: "gone", spent: false },
    "gone",
    0,
    { Notifications: 1, DeadLetters: 1, TargetGone: 1 },
  ],
] as const)(
  "an attempt %s counts only in the metrics of its kind",
  async (_, result, state, AttemptsFailed, expected) => {
    const { metrics } = await capturedLog(() =>
      logAndCountAttempt(NOTIFICATION, result, { state, attempts: 1, latenessSeconds: null }),
    );
    expect(metrics).toMatchObject({ Attempts: 1, AttemptsFailed, AttemptMilliseconds: 5, kind: "slack" });
    const counted = OPTIONAL.filter((name) => name in metrics).map((name) => [name, metrics[name]]);
    expect(Object.fromEntries(counted)).toEqual(expected);
    expect(metrics).not.toHaveProperty("NotificationLatenessSeconds");
  },
);

test("an attempt counts for the kind of its target and its verdict, and writes whether it failed", async () => {
  const { metrics, dimensionsOf } = await capturedLog(() =>
    logAndCountAttempt(NOTIFICATION, DELIVERED, { state: "delivered", attempts: 1, latenessSeconds: 2.5 }),
  );
  expect(metrics).toMatchObject({ kind: "slack", verdict: "delivered", state: "delivered" });
  expect(dimensionsOf("Attempts")).toEqual([["kind", "verdict"]]);
  expect(dimensionsOf("AttemptsFailed")).toEqual([[]]);
  expect(dimensionsOf("AttemptMilliseconds")).toEqual([["kind"]]);
  expect(dimensionsOf("Notifications")).toEqual([["kind", "state"]]);
  expect(dimensionsOf("NotificationLatenessSeconds")).toEqual([[]]);
});

test("the log line of an attempt to a target that the config does not contain names the target", async () => {
  const { logged, metrics } = await capturedLog(() =>
    logAndCountAttempt(
      { ...NOTIFICATION, target: null },
      { ...FAILED, verdict: "rejected", reason: "target_unknown" },
      { state: "rejected", attempts: 0, latenessSeconds: null },
    ),
  );
  expect(logged).toEqual([
    {
      message: "attempt",
      project: "prod",
      job_id: "job-1",
      target: "deploys",
      kind: "unknown",
      redelivery: 2,
      attempts: 0,
      verdict: "rejected",
      reason: "target_unknown",
      status: 503,
      duration_ms: 5,
      state: "rejected",
    },
  ]);
  expect(metrics).toMatchObject({ kind: "unknown" });
});
