import { openDigest } from "../../lib/ledger/dynamo/digest.ts";
import { readDurations } from "../../lib/ledger/dynamo/durations.ts";
import { onTable } from "../../lib/ledger/dynamo/on-table.ts";
import { openWatch as open } from "../../lib/ledger/dynamo/open.ts";
import { revisit } from "../../lib/ledger/dynamo/overdue.ts";
import type { LedgerTable } from "../../lib/ledger/dynamo/table.ts";

/** What taking jobs to watch needs of the ledger. */
export const enqueueLedger = (table: LedgerTable) =>
  onTable(table, { open, revisit, openDigest, readDurations });
