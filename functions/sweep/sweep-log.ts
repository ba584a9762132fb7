import { log } from "../../lib/runtime/log.ts";
import { meter } from "../../lib/runtime/metrics.ts";
import type { SweepFailure, Swept } from "./sweep.ts";

/** One line for each watch and target that a run of the sweep could not look after. */
export function tellSweepFailed(what: SweepFailure, error: unknown): void {
  const fields = "target" in what ? { target: what.target } : { project: what.project, job_id: what.jobId };
  log.error("sweep failed", fields, error);
}

/** One line per run of the sweep. What it found was lost somewhere: rare, and worth knowing. */
export function tellSwept({ polls, notifications, failed, finished }: Swept): void {
  log.info("swept", { polls, notifications, failed, finished });
  meter.add("SweepFound", polls + notifications);
  if (notifications > 0) meter.add("NotificationsOverdue", notifications);
  meter.add("SweepLeft", failed + (finished ? 0 : 1));
}
