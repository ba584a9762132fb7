import type { Audit } from "../../lib/ledger/dynamo/audit.ts";
import { log } from "../../lib/runtime/log.ts";
import { meter } from "../../lib/runtime/metrics.ts";

/** The most watches orphaned that are named: enough to find what they have in common. */
const NAMED = 50;

/** One line and its figures an hour; jobs that are promised and not followed are named. */
export function logAudit({ accepted, concluded, stopped, live, orphaned }: Audit): void {
  const discrepancy = accepted - concluded - stopped - live;
  log.info("audit", { accepted, concluded, stopped, live, discrepancy });
  for (const { project, jobId } of orphaned.slice(0, NAMED))
    log.error("orphaned", { project, job_id: jobId });
  meter.add("AuditDiscrepancy", discrepancy);
  meter.add("LiveWatches", live);
}
