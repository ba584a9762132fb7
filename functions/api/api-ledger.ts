import { readDigest, removeRunningMember } from "../../lib/ledger/dynamo/digest.ts";
import { stopWatch } from "../../lib/ledger/dynamo/end.ts";
import { readDelivery } from "../../lib/ledger/dynamo/notification.ts";
import { onTable } from "../../lib/ledger/dynamo/on-table.ts";
import { scheduleSweep } from "../../lib/ledger/dynamo/overdue.ts";
import { readWatch } from "../../lib/ledger/dynamo/read.ts";
import { listRecentWatches } from "../../lib/ledger/dynamo/recent.ts";
import { startRedelivery } from "../../lib/ledger/dynamo/reopen-notification.ts";
import type { LedgerTable } from "../../lib/ledger/dynamo/table.ts";
import { readTarget, switchTargetOn } from "../../lib/ledger/dynamo/target.ts";

/** What callers and readers need of the ledger once jobs are taken. */
export const statusLedger = (table: LedgerTable) =>
  onTable(table, {
    readWatch,
    listRecentWatches,
    scheduleSweep,
    stopWatch,
    startRedelivery,
    readTarget,
    switchTargetOn,
    removeRunningMember,
    readDigest,
    readDelivery,
  });
