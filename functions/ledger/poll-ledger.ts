import { keepConclusion, readConclusion } from "../../lib/ledger/dynamo/conclusion.ts";
import { leaveDigest, readDigest } from "../../lib/ledger/dynamo/digest.ts";
import { addDuration, readDurations } from "../../lib/ledger/dynamo/durations.ts";
import { endWatch as end } from "../../lib/ledger/dynamo/end.ts";
import { claimLook, recordLook } from "../../lib/ledger/dynamo/look.ts";
import { onTable } from "../../lib/ledger/dynamo/on-table.ts";
import { readWatch as read } from "../../lib/ledger/dynamo/read.ts";
import type { LedgerTable } from "../../lib/ledger/dynamo/table.ts";
import { reserveSlot } from "../../lib/ledger/dynamo/target.ts";

/** What looking at jobs and concluding watches needs of the ledger. */
export const pollLedger = (table: LedgerTable) =>
  onTable(table, {
    ...{ claimLook, recordLook, read, keepConclusion, readConclusion, end },
    ...{ leaveDigest, readDigest, addDuration, readDurations, reserveSlot },
  });
