import type { Clock, Instant } from "../../lib/domain/job.ts";
import type { Audit } from "../../lib/ledger/audit.ts";
import { log } from "../../lib/runtime/log.ts";
import { meter } from "../../lib/runtime/metrics.ts";

/** The maximum number of orphaned watches for which one audit writes a log line. */
const MAX_LOGGED = 50;

/**
 * Creates the handler of the audit function. The audit counts all watches and finds orphaned watches. An orphaned watch
 * is still running, but its next poll or its deadline is long overdue.
 */
export function createAuditHandler(
  countWatchesAndFindOrphaned: (now: Instant) => Promise<Audit>,
  now: Clock,
  onAudit: (audit: Audit) => void = logAndCountAudit,
): () => Promise<void> {
  return async () => onAudit(await countWatchesAndFindOrphaned(now()));
}

/** Writes the log lines and the metrics of an audit. */
export function logAndCountAudit({ accepted, concluded, stopped, live, discovered, orphaned }: Audit): void {
  const discrepancy = accepted - concluded - stopped - live;
  log.info("audit", { accepted, concluded, stopped, live, discrepancy, discovered });
  for (const { project, jobId, traceparent } of orphaned.slice(0, MAX_LOGGED))
    log.error("orphaned", { project, jobId, traceparent });
  meter.add("AuditDiscrepancy", discrepancy);
  meter.add("LiveWatches", live);
}
