import type { Conclusion } from "../../lib/conclusion.ts";
import type { Attempted } from "../../lib/deliver/deliver.ts";
import type { DeliveryState } from "../../lib/job.ts";
import { log } from "../../lib/runtime/log.ts";
import { meter } from "../../lib/runtime/metrics.ts";
import type { Looked } from "./look.ts";
import type { Notice } from "./notice-subject.ts";
import type { Unreadable } from "./read-message.ts";
import type { SweepFailure, Swept } from "./sweep.ts";

/** One line and its counts per look. */
export function tellLook({ key, look, what, next, delaySeconds, latenessSeconds }: Looked): void {
  log.info("look", {
    project: key.project,
    job_id: key.jobId,
    look,
    observation: what,
    next,
    delay_seconds: delaySeconds,
    lateness_seconds: latenessSeconds,
  });
  if (what === "stale" || what === "mine" || what === "theirs") {
    meter.add("LedgerConflicts", 1);
    return;
  }
  // Neither asked CCE anything.
  if (what === "waits" || what === "resumed") return;
  meter.add("Looks", 1, { observation: what });
  // That there is no such job is news, and the fault of whoever handed it over.
  meter.add("LooksWithoutNews", what === "job" || what === "gone" ? 0 : 1);
  if (latenessSeconds !== null) meter.add("LookLatenessSeconds", latenessSeconds);
}

/** What was learned could not be read; looks go by the prior until it can. */
export function tellUnlearned(error: unknown): void {
  log.error("durations unread", {}, error);
}

/** One line and its counts per watch that ended. */
export function tellConcluded({
  project,
  jobId,
  jobType,
  outcome,
  watch,
  durationSeconds,
}: Conclusion): void {
  log.info("concluded", {
    project,
    job_id: jobId,
    job_type: jobType,
    outcome,
    looks: watch.looks,
    lag_seconds: watch.lagSeconds,
    duration_seconds: durationSeconds,
  });
  meter.add("Concluded", 1, { outcome });
  if (watch.lagSeconds !== null) meter.add("LagSeconds", watch.lagSeconds);
}

/** One line and its counts per attempt. No URL, no secret: the target's name stands for both. */
export function tellAttempt(
  { key, redelivery, target }: Notice,
  attempted: Attempted,
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
  if (state !== "pending") meter.add("Notices", 1, { kind, state });
  if (state !== "pending" && state !== "delivered") meter.add("DeadLetters", 1);
  if (state === "gone") meter.add("TargetGone", 1);
}

/** A message that could not be read: dead, or waiting for its reader. */
export function tellUnreadable(kind: Unreadable, reason: string): void {
  log.warn("message unreadable", { kind, reason });
  if (kind !== "newer") meter.add("DeadLetters", 1);
}

/** One line for each watch and target that a run of the sweep could not look after. */
export function tellSweepFailed(what: SweepFailure, error: unknown): void {
  const fields = "target" in what ? { target: what.target } : { project: what.project, job_id: what.jobId };
  log.error("sweep failed", fields, error);
}

/** One line per run of the sweep. What it found was lost somewhere: rare, and worth knowing. */
export function tellSwept({ looks, notices, failed, finished }: Swept): void {
  log.info("swept", { looks, notices, failed, finished });
  meter.add("SweepFound", looks + notices);
  if (notices > 0) meter.add("NoticesOverdue", notices);
  meter.add("SweepLeft", failed + (finished ? 0 : 1));
}
