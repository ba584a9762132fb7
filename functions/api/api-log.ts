import type { AttemptResult } from "../../lib/channels/deliver.ts";
import type { Target } from "../../lib/channels/targets.ts";
import type { WatchKey } from "../../lib/domain/job.ts";
import { log } from "../../lib/runtime/log.ts";
import { meter } from "../../lib/runtime/metrics.ts";

/** A watch was stopped by a caller. */
export function tellStopped({ project, jobId }: WatchKey, caller: string): void {
  log.info("stop", { caller, project, job_id: jobId });
  meter.add("Stopped", 1);
}

/** A caller had an outcome told again; the attempts follow, each with its own line. */
export function tellRedelivered(
  { project, jobId }: WatchKey,
  targets: readonly string[],
  caller: string,
): void {
  log.info("redeliver", { caller, project, job_id: jobId, targets });
}

/** A target was tried out by a caller. */
export function tellTested(
  target: string,
  kind: Target["kind"],
  { verdict, reason, status, durationMs }: AttemptResult,
  caller: string,
): void {
  log.info("target test", { caller, target, kind, verdict, reason, status, duration_ms: durationMs });
}

/** Something the service stands on did not answer when its health was asked for. */
export function tellUnreachable(what: "config" | "ledger" | "queue", error: unknown): void {
  log.error("health check failed", { check: what }, error);
}
