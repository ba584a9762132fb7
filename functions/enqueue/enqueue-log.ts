import { log } from "../../lib/runtime/log.ts";
import { meter } from "../../lib/runtime/metrics.ts";

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
