import { createAuditHandler, logAndCountAudit } from "../../../functions/audit/create-audit-handler.ts";
import type { Audit } from "../../../lib/ledger/audit.ts";
import { capturedLog } from "../captured-log.ts";

const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const AUDIT: Audit = {
  accepted: 5,
  concluded: 2,
  stopped: 1,
  live: 1,
  discovered: 3,
  orphaned: [{ project: "prod", jobId: "job-1", caller: "token:ci", traceparent: TRACEPARENT }],
};

test("the audit reports what the ledger contains now", async () => {
  const reports: Audit[] = [];
  const handler = createAuditHandler(
    async (now) => ({ ...AUDIT, accepted: now }),
    () => 7,
    (audit) => reports.push(audit),
  );
  await handler();
  expect(reports).toEqual([{ ...AUDIT, accepted: 7 }]);
});

test("an audit is logged with its counts, their discrepancy and each orphaned watch", async () => {
  const { logged, metrics } = await capturedLog(() => logAndCountAudit(AUDIT));
  expect(logged).toEqual([
    { message: "audit", accepted: 5, concluded: 2, stopped: 1, live: 1, discrepancy: 1, discovered: 3 },
    { message: "orphaned", project: "prod", job_id: "job-1", traceparent: TRACEPARENT },
  ]);
  expect(metrics).toMatchObject({ AuditDiscrepancy: 1, LiveWatches: 1 });
});

test("an audit logs at most 50 orphaned watches", async () => {
  const orphaned = Array.from({ length: 60 }, (_, i) => ({
    project: "prod",
    jobId: `job-${i}`,
    caller: "token:ci",
    traceparent: null,
  }));
  const { logged } = await capturedLog(() => logAndCountAudit({ ...AUDIT, orphaned }));
  expect(logged.filter(({ message }) => message === "orphaned")).toHaveLength(50);
});
