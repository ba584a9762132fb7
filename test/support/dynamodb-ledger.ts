import { readCallerData } from "../../lib/ledger/dynamo/caller-data.ts";
import {
  claimJobList,
  hasSmnMessageId,
  requestJobListNow,
  saveDiscovery,
  saveSmnMessageIdOnce,
} from "../../lib/ledger/dynamo/discovery.ts";
import {
  addDuration,
  addLatestDurations,
  readDurations,
  readLatestDurations,
  readSlow,
  saveSlowOnce,
} from "../../lib/ledger/dynamo/durations.ts";
import { endWatch, readOutcome, saveOutcomeOnce, stopWatch } from "../../lib/ledger/dynamo/end-watch.ts";
import { bindToTable, type LedgerTable } from "../../lib/ledger/dynamo/item-operations.ts";
import {
  claimNotification,
  createDigest,
  markDeadLettered,
  postponeNotification,
  readDelivery,
  readDigest,
  recordAttempt,
  removeRunningMemberAndCount,
  startRedelivery,
} from "../../lib/ledger/dynamo/notifications.ts";
import {
  countLiveWatches,
  listOverdue,
  rescheduleSweep,
  scheduleSweepBy,
} from "../../lib/ledger/dynamo/overdue-index.ts";
import { claimPoll, recordPoll, undoPollClaim } from "../../lib/ledger/dynamo/poll-claims.ts";
import { listRecentWatches, readProgress, readWatch } from "../../lib/ledger/dynamo/read-watches.ts";
import { startOrExtendWatch } from "../../lib/ledger/dynamo/start-or-extend-watch.ts";
import {
  clearTargetGone,
  markTargetGone,
  readTarget,
  reserveRequestTime,
  switchTargetOff,
  switchTargetOn,
  throttleTarget,
} from "../../lib/ledger/dynamo/targets-and-rate-limits.ts";
import { countWaitingCall, endWaiting } from "../../lib/ledger/dynamo/waiting-calls.ts";
import { listJobWatches } from "../../lib/ledger/dynamo/watch-item.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";

/** Returns all operations of the ledger on one table. A function of the product binds only some operations. */
export function createDynamoLedger(table: LedgerTable): Ledger {
  return bindToTable(table, {
    startOrExtendWatch,
    claimPoll,
    undoPollClaim,
    recordPoll,
    readCallerData,
    saveOutcomeOnce,
    readOutcome,
    endWatch,
    stopWatch,
    readWatch,
    listJobWatches,
    listOverdue,
    rescheduleSweep,
    scheduleSweepBy,
    listRecentWatches,
    claimNotification,
    recordAttempt,
    postponeNotification,
    readDelivery,
    markDeadLettered,
    startRedelivery,
    readTarget,
    throttleTarget,
    markTargetGone,
    clearTargetGone,
    switchTargetOff,
    switchTargetOn,
    reserveRequestTime,
    addDuration,
    readDurations,
    createDigest,
    removeRunningMemberAndCount,
    readDigest,
    claimJobList,
    requestJobListNow,
    saveDiscovery,
    saveSmnMessageIdOnce,
    hasSmnMessageId,
    readProgress,
    countLiveWatches,
    countWaitingCall,
    endWaiting,
    saveSlowOnce,
    readSlow,
    readLatestDurations,
    addLatestDurations,
  });
}
