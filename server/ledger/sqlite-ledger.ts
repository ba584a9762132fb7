import * as z from "zod/mini";
import { type Instant, MaybeInstant, WatchState } from "../../lib/domain/job.ts";
import { MaybeText } from "../../lib/domain/zod-fields.ts";
import { type Audit, classifyWatchForAudit, isDiscoveryWatch } from "../../lib/ledger/audit.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import type { Store } from "../store/store.ts";
import { createDiscoveryOperations } from "./discovery-operations.ts";
import { createNotificationOperations } from "./notification-operations.ts";
import { createWatchReadOperations } from "./read-operations.ts";
import { createTargetAndDurationOperations } from "./target-and-duration-operations.ts";
import { createWatchChangeOperations } from "./watch-operations.ts";

/**
 * The maximum number of rows that one database transaction deletes. A transaction that deletes more rows would delay
 * other writes.
 */
const DELETED_ROWS = 500;

/** Creates the ledger of the one-node edition. Each operation of the ledger is one database transaction. */
export function createSqliteLedger(store: Store): Ledger {
  return {
    ...createWatchChangeOperations(store),
    ...createWatchReadOperations(store),
    ...createNotificationOperations(store),
    ...createTargetAndDurationOperations(store),
    ...createDiscoveryOperations(store),
  };
}

const AuditRow = z.object({
  project: z.string(),
  job_id: z.string(),
  caller: z.string(),
  state: WatchState,
  dueAt: MaybeInstant,
  deadlineAt: z.number(),
  traceparent: MaybeText,
});

/**
 * Counts the watches in each state, and finds the orphaned watches. A watch is orphaned if it has not ended although
 * its deadline or its planned check is long over.
 */
export async function countWatchesAndFindOrphaned(store: Store, now: Instant): Promise<Audit> {
  const counts = { concluded: 0, stopped: 0, live: 0, discovered: 0 };
  const orphaned: Audit["orphaned"][number][] = [];
  const rows = await store.read(() =>
    store.all(
      `SELECT project, job_id, caller, due_at AS dueAt, body ->> '$.watch.state' AS state,
         body ->> '$.watch.deadlineAt' AS deadlineAt, body ->> '$.watch.traceparent' AS traceparent
       FROM watch`,
    ),
  );
  for (const row of rows) {
    const { project, job_id: jobId, caller, traceparent, ...watch } = AuditRow.parse(row);
    if (isDiscoveryWatch({ caller })) counts.discovered += 1;
    const found = classifyWatchForAudit(watch, now);
    if (found === "orphaned") orphaned.push({ project, jobId, caller, traceparent });
    else counts[found] += 1;
  }
  return { ...counts, accepted: rows.length, orphaned };
}

/** The time after which the queue deletes a message. The queues on AWS have the same retention time. */
const MESSAGE_RETENTION_MS = 14 * 86_400_000;

/** Deletes expired rows and messages, in several transactions. */
export async function deleteExpiredRows(store: Store, now: Instant): Promise<void> {
  for (const table of ["watch", "record"]) {
    const sql = `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE expires_at < ? LIMIT ${DELETED_ROWS})`;
    while ((await store.write(() => store.run(sql, now))) === DELETED_ROWS);
  }
  await store.write(() => store.run("DELETE FROM duration WHERE expires_at < ?", now));
  await store.write(() => store.run("DELETE FROM message WHERE sent_at < ?", now - MESSAGE_RETENTION_MS));
}
