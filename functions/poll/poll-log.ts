import type { OutcomeSummary } from "../../lib/domain/outcome-summary.ts";
import { log } from "../../lib/runtime/log.ts";
import { meter } from "../../lib/runtime/metrics.ts";
import type { Polled } from "./poll-job.ts";

/** One line and its counts per poll. */
export function logPoll({ key, poll, what, next, delaySeconds, latenessSeconds }: Polled): void {
  log.info("poll", {
    project: key.project,
    job_id: key.jobId,
    poll,
    observation: what,
    next,
    delay_seconds: delaySeconds,
    lateness_seconds: latenessSeconds,
  });
  if (what === "stale" || what === "own_lease" || what === "other_owner") {
    meter.add("LedgerConflicts", 1);
    return;
  }
  // Neither asked CCE anything.
  if (what === "waits" || what === "resumed") return;
  meter.add("Polls", 1, { observation: what });
  // That there is no such job is news, and the fault of whoever handed it over.
  meter.add("PollsWithoutJob", what === "job" || what === "gone" ? 0 : 1);
  if (latenessSeconds !== null) meter.add("PollLatenessSeconds", latenessSeconds);
}

/** One line and its counts per watch that ended. */
export function tellConcluded({
  project,
  jobId,
  jobType,
  outcome,
  polls,
  lagSeconds,
  durationSeconds,
}: OutcomeSummary): void {
  log.info("concluded", {
    project,
    job_id: jobId,
    job_type: jobType,
    outcome,
    polls,
    lag_seconds: lagSeconds,
    duration_seconds: durationSeconds,
  });
  meter.add("Concluded", 1, { outcome });
  if (lagSeconds !== null) meter.add("LagSeconds", lagSeconds);
}
