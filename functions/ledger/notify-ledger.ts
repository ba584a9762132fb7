import { readAcceptance } from "../../lib/ledger/dynamo/acceptance.ts";
import { holdNotice, markBuried, recordAttempt } from "../../lib/ledger/dynamo/attempt.ts";
import { readConclusion } from "../../lib/ledger/dynamo/conclusion.ts";
import { readDigest } from "../../lib/ledger/dynamo/digest.ts";
import { claimNotice, readDelivery } from "../../lib/ledger/dynamo/notice.ts";
import { onTable } from "../../lib/ledger/dynamo/on-table.ts";
import type { LedgerTable } from "../../lib/ledger/dynamo/table.ts";
import { holdTarget, passGate, readTarget, reserveSlot, switchOff } from "../../lib/ledger/dynamo/target.ts";

/** What telling targets needs of the ledger. */
export const notifyLedger = (table: LedgerTable) =>
  onTable(table, {
    ...{ readAcceptance, readConclusion, readDigest, readDelivery },
    ...{ claimNotice, recordAttempt, holdNotice, markBuried },
    ...{ readTarget, reserveSlot, passGate, holdTarget, switchOff },
  });
