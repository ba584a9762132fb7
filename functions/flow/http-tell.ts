import type { Attempted } from "../../lib/deliver/deliver.ts";
import type { WatchKey } from "../../lib/job.ts";
import { log } from "../../lib/runtime/log.ts";
import { meter } from "../../lib/runtime/metrics.ts";
import type { Target } from "../../lib/targets.ts";

/** One line and its count per call that handed jobs over. */
export function tellAccepted({
  caller,
  project,
  asked,
  jobIds,
}: {
  readonly caller: string;
  readonly project: string;
  readonly asked: number;
  readonly jobIds: readonly string[];
}): void {
  log.info("accept", { caller, project, asked, accepted: jobIds.length, job_ids: jobIds });
  meter.add("Accepted", jobIds.length);
}

/** A job could not be taken; its caller was told to ask again. */
export function tellAcceptFailure(what: "open" | "send" | "digest", error: unknown): void {
  log.error("accept failed", { step: what }, error);
}

/** A token could not be checked because its issuer did not answer. */
export function tellIssuerFailure(cause: unknown): void {
  log.error("issuer unreachable", {}, cause);
}

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
  { verdict, reason, status, durationMs }: Attempted,
  caller: string,
): void {
  log.info("target test", { caller, target, kind, verdict, reason, status, duration_ms: durationMs });
}

/** Something the service stands on did not answer when its health was asked for. */
export function tellUnreachable(what: "config" | "ledger" | "queue", error: unknown): void {
  log.error("health check failed", { check: what }, error);
}
