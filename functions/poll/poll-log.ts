import type { Observation, WatchKey } from "../../lib/domain/job.ts";
import { OperationKind } from "../../lib/domain/operation-kind.ts";
import type { OutcomeSummary } from "../../lib/domain/outcome-summary.ts";
import type { PollClaim } from "../../lib/ledger/watch-ledger.ts";
import { log } from "../../lib/runtime/log.ts";
import { meter } from "../../lib/runtime/metrics.ts";

type RefusedClaim = Exclude<PollClaim["kind"], "claimed">;

/** What happened to a poll message. */
export interface PollReport {
  readonly key: WatchKey;
  readonly poll: number;
  /** The response of CCE, or the reason why the function did not query CCE. */
  readonly observation:
    | Observation["kind"]
    | "rate_limited"
    | "resumed"
    | "given_up"
    | "must_run_alone"
    | "project_not_answering"
    | RefusedClaim;
  /** The response of CCE about a resource or a task. If the poll queried only a job, `resource` is null. */
  readonly resource: Observation["kind"] | null;
  readonly next: "poll_again" | "concluded" | "acknowledged" | "retry";
  readonly delaySeconds: number | null;
  /** How many seconds after its planned time the poll began. If there was no poll, `latenessSeconds` is null. */
  readonly latenessSeconds: number | null;
}

/** Writes a log line and the metrics about a poll message. */
export function logAndCountPollMessage({ key, next, ...report }: PollReport): void {
  const { observation, resource, latenessSeconds } = report;
  // The log line omits null fields. For most polls, `resource` is null, because they query only a job.
  log.info("poll", { ...key, ...report, next: next === "poll_again" ? null : next });
  // Most polls query only jobs. A separate metric therefore counts refused queries of resources.
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
      // If CCE does not know the job, the poll does not count as failed. The caller may have sent a wrong job ID.
      meter.add("PollsWithoutJob", observation === "job" || observation === "gone" ? 0 : 1);
      if (latenessSeconds !== null) meter.add("PollLatenessSeconds", latenessSeconds);
  }
}

/** Writes a log line and the metrics about the end of a watch. */
export function logAndCountConcluded(summary: OutcomeSummary): void {
  const { project, jobId, jobType, outcome, polls, lagSeconds, durationSeconds } = summary;
  log.info("concluded", { project, jobId, jobType, outcome, polls, lagSeconds, durationSeconds });
  meter.add("Concluded", 1, { outcome });
  const operation = OperationKind.safeParse(jobType);
  if (operation.success) meter.add("OperationsConcluded", 1, { kind: operation.data });
  if (lagSeconds !== null) meter.add("LagSeconds", lagSeconds);
}
