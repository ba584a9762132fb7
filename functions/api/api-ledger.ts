import { finishDigestMember, readDigest } from "../../lib/ledger/dynamo/digest.ts";
import { stopWatch as stop } from "../../lib/ledger/dynamo/end.ts";
import { readDelivery } from "../../lib/ledger/dynamo/notification.ts";
import { onTable } from "../../lib/ledger/dynamo/on-table.ts";
import { revisit } from "../../lib/ledger/dynamo/overdue.ts";
import { readWatch as read } from "../../lib/ledger/dynamo/read.ts";
import { recent } from "../../lib/ledger/dynamo/recent.ts";
import { reopenNotification } from "../../lib/ledger/dynamo/reopen-notification.ts";
import type { LedgerTable } from "../../lib/ledger/dynamo/table.ts";
import { readTarget, switchOn } from "../../lib/ledger/dynamo/target.ts";

/** What callers and readers need of the ledger once jobs are taken. */
export const statusLedger = (table: LedgerTable) =>
  onTable(table, {
    read,
    recent,
    revisit,
    stop,
    reopenNotification,
    readTarget,
    switchOn,
    finishDigestMember,
    readDigest,
    readDelivery,
  });
