import { createDigest } from "../../lib/ledger/dynamo/digest.ts";
import { readDurations } from "../../lib/ledger/dynamo/durations.ts";
import { onTable } from "../../lib/ledger/dynamo/on-table.ts";
import { openWatch } from "../../lib/ledger/dynamo/open.ts";
import { scheduleSweep } from "../../lib/ledger/dynamo/overdue.ts";
import type { LedgerTable } from "../../lib/ledger/dynamo/table.ts";

/** What taking jobs to watch needs of the ledger. */
export const enqueueLedger = (table: LedgerTable) =>
  onTable(table, { openWatch, scheduleSweep, createDigest, readDurations });
