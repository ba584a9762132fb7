import { readDigest } from "../../lib/ledger/dynamo/digest.ts";
import { readDelivery } from "../../lib/ledger/dynamo/notification.ts";
import { onTable } from "../../lib/ledger/dynamo/on-table.ts";
import { listOverdue, rescheduleSweep } from "../../lib/ledger/dynamo/overdue.ts";
import { readWatch } from "../../lib/ledger/dynamo/read.ts";
import type { LedgerTable } from "../../lib/ledger/dynamo/table.ts";
import { readTarget } from "../../lib/ledger/dynamo/target.ts";

/** What finding and mending lost messages needs of the ledger. */
export const sweepLedger = (table: LedgerTable) =>
  onTable(table, { listOverdue, rescheduleSweep, readWatch, readDelivery, readDigest, readTarget });
