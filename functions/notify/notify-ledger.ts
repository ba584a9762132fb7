import { readCallerData } from "../../lib/ledger/dynamo/acceptance.ts";
import { markDeadLettered, postponeNotification, recordAttempt } from "../../lib/ledger/dynamo/attempt.ts";
import { readDigest } from "../../lib/ledger/dynamo/digest.ts";
import { claimNotification, readDelivery } from "../../lib/ledger/dynamo/notification.ts";
import { onTable } from "../../lib/ledger/dynamo/on-table.ts";
import { readOutcome } from "../../lib/ledger/dynamo/outcome.ts";
import type { LedgerTable } from "../../lib/ledger/dynamo/table.ts";
import {
  readTarget,
  reserveRequestTime,
  switchTargetOff,
  throttleTarget,
  tryAcquireRequest,
} from "../../lib/ledger/dynamo/target.ts";

/** What telling targets needs of the ledger. */
export const notifyLedger = (table: LedgerTable) =>
  onTable(table, {
    readCallerData,
    readOutcome,
    readDigest,
    readDelivery,
    claimNotification,
    recordAttempt,
    postponeNotification,
    markDeadLettered,
    readTarget,
    reserveRequestTime,
    tryAcquireRequest,
    throttleTarget,
    switchTargetOff,
  });
