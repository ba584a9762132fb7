import type { AttemptResult } from "../../lib/channels/deliver.ts";
import type { DeliveryState } from "../../lib/domain/job.ts";
import { log } from "../../lib/runtime/log.ts";
import { meter } from "../../lib/runtime/metrics.ts";
import type { Notification } from "./resolve-notification.ts";

/** One line and its counts per attempt. No URL, no secret: the target's name stands for both. */
export function tellAttempt(
  { key, redelivery, target }: Notification,
  attempted: AttemptResult,
  state: DeliveryState,
  attempts: number,
): void {
  const kind = target?.kind ?? "unknown";
  log.info("attempt", {
    project: key.project,
    job_id: key.jobId,
    target: key.target,
    kind,
    redelivery,
    attempts,
    verdict: attempted.verdict,
    reason: attempted.reason,
    status: attempted.status,
    duration_ms: attempted.durationMs,
    state,
  });
  meter.add("Attempts", 1);
  meter.add("Attempts", 1, { kind, verdict: attempted.verdict });
  if (attempted.spent && attempted.verdict !== "delivered") meter.add("AttemptsFailed", 1);
  meter.add("AttemptMilliseconds", attempted.durationMs, { kind });
  if (state !== "pending") meter.add("Notifications", 1, { kind, state });
  if (state !== "pending" && state !== "delivered") meter.add("DeadLetters", 1);
  if (state === "gone") meter.add("TargetGone", 1);
}
