import type { Observation, WatchKey } from "../../lib/domain/job.ts";
import { OperationKind } from "../../lib/domain/operation-kind.ts";
import type { OutcomeSummary } from "../../lib/domain/outcome-summary.ts";
import type { PollClaim } from "../../lib/ledger/watch-ledger.ts";
import { log } from "../../lib/runtime/log.ts";
import { meter } from "../../lib/runtime/metrics.ts";

type RefusedClaim = Exclude<PollClaim["kind"], "claimed">;

/** A report about a poll message. */
export interface PollReport {
  readonly key: WatchKey;
  readonly poll: number;
  /** The observation of CCE, or the reason why CCE was not queried. */
  readonly observation:
    | Observation["kind"]
    | "rate_limited"
    | "resumed"
    | "given_up"
    | "must_run_alone"
    | "project_not_answering"
    | RefusedClaim;
  /** The observation of a resource or task, or null if only a job was queried. */
  readonly resource: Observation["kind"] | null;
  readonly next: "poll_again" | "concluded" | "acknowledged" | "retry";
  readonly delaySeconds: number | null;
  /** The seconds between the planned and the actual time of the poll, or null without a poll. */
  readonly latenessSeconds: number | null;
}

/** Writes the log line and metrics of a poll message. */
export function logAndCountPollMessage({ key, next, ...report }: PollReport): void {
  const { observation, resource, latenessSeconds } = report;
  // Null fields are omitted. For example, most polls query no resource, and most polls are followed by another poll.
  log.info("poll", { ...key, ...report, next: next === "poll_again" ? null : next });
  // Most polls read only jobs, so the metric of failed polls does not show a missing permission for resources.
  if (resource === "forbidden" || resource === "unauthorized" || resource === "misconfigured")
    meter.add("ResourceQueriesRefused", 1);
  switch (observation) {
    case "stale":
    case "own_lease":
    case "other_owner":
      meter.add("LedgerConflicts", 1);
      return;
    case "rate_limited":
    case "resumed":
    case "must_run_alone":
    case "project_not_answering":
      return;
    case "given_up":
      meter.add("PollsGivenUp", 1);
      return;
    default:
      meter.add("Polls", 1, { observation });
      // `gone` does not count as a failed access, because the caller may have sent a wrong job ID.
      meter.add("PollsWithoutJob", observation === "job" || observation === "gone" ? 0 : 1);
      if (latenessSeconds !== null) meter.add("PollLatenessSeconds", latenessSeconds);
  }
}

/** Writes the log line and metrics of an ended watch. */
export function logAndCountConcluded(summary: OutcomeSummary): void {
  const { project, jobId, jobType, outcome, polls, lagSeconds, durationSeconds } = summary;
  log.info("concluded", { project, jobId, jobType, outcome, polls, lagSeconds, durationSeconds });
  meter.add("Concluded", 1, { outcome });
  const operation = OperationKind.safeParse(jobType);
  if (operation.success) meter.add("OperationsConcluded", 1, { kind: operation.data });
  if (lagSeconds !== null) meter.add("LagSeconds", lagSeconds);
}
