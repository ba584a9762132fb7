import { readCallerData } from "../../lib/ledger/dynamo/caller-data.ts";
import {
  createDigestIfAbsent,
  readDigest,
  removeRunningMemberAndCountRemaining,
} from "../../lib/ledger/dynamo/digests.ts";
import {
  claimDiscoveryIfDueOrRequested,
  hasSmnMessageId,
  requestDiscoverySoon,
  saveDiscoveryIfUnchanged,
  saveSmnMessageIdOnce,
} from "../../lib/ledger/dynamo/discovery.ts";
import {
  addDuration,
  addLatestDurations,
  getOrCreateSlowRecord,
  readDurationCounts,
  readLatestDurations,
  readSlowRecord,
} from "../../lib/ledger/dynamo/durations.ts";
import {
  endWatchUnlessTargetsAdded,
  getOrCreateOutcome,
  readOutcomeWithoutTree,
  stopWatch,
} from "../../lib/ledger/dynamo/end-watch.ts";
import { bindToTable, type LedgerTable } from "../../lib/ledger/dynamo/item-operations.ts";
import {
  claimNotification,
  markDeadLettered,
  postponeNotificationAndEndLease,
  readDeliveryOrPendingRecord,
  recordAttemptIfClaimed,
  startRedeliveryIfLatestIs,
} from "../../lib/ledger/dynamo/notifications.ts";
import {
  countUnfinishedWatchesApproximately,
  listOverdueWatches,
  rescheduleSweepIfUnchanged,
  scheduleSweepByAndExtendExpiry,
} from "../../lib/ledger/dynamo/overdue-index.ts";
import { claimPoll, recordPoll, undoPollClaim } from "../../lib/ledger/dynamo/poll-claims.ts";
import {
  listRecentWatches,
  readProgressEventuallyConsistent,
  readWatchDocumentOrNull,
} from "../../lib/ledger/dynamo/read-watches.ts";
import { startOrExtendWatch } from "../../lib/ledger/dynamo/start-or-extend-watch.ts";
import {
  clearTargetGone,
  getOrSetTargetGoneSince,
  readTargetState,
  reserveRequestTime,
  switchTargetOff,
  switchTargetOn,
  throttleTargetUntilAtLeast,
} from "../../lib/ledger/dynamo/targets-and-rate-limits.ts";
import { addWaitingCallUnlessTooMany, removeWaitingCall } from "../../lib/ledger/dynamo/waiting-calls.ts";
import { listJobWatchesNewestFirst } from "../../lib/ledger/dynamo/watch-item.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";

/**
 * Returns the ledger with all its operations on one table. Each function of the product uses only some of these
 * operations.
 */
export function createDynamoLedger(table: LedgerTable): Ledger {
  return bindToTable(table, {
    startOrExtendWatch,
    claimPoll,
    undoPollClaim,
    recordPoll,
    readCallerData,
    getOrCreateOutcome,
    readOutcomeWithoutTree,
    endWatchUnlessTargetsAdded,
    stopWatch,
    readWatchDocumentOrNull,
    listJobWatchesNewestFirst,
    listOverdueWatches,
    rescheduleSweepIfUnchanged,
    scheduleSweepByAndExtendExpiry,
    listRecentWatches,
    claimNotification,
    recordAttemptIfClaimed,
    postponeNotificationAndEndLease,
    readDeliveryOrPendingRecord,
    markDeadLettered,
    startRedeliveryIfLatestIs,
    readTargetState,
    throttleTargetUntilAtLeast,
    getOrSetTargetGoneSince,
    clearTargetGone,
    switchTargetOff,
    switchTargetOn,
    reserveRequestTime,
    addDuration,
    readDurationCounts,
    createDigestIfAbsent,
    removeRunningMemberAndCountRemaining,
    readDigest,
    claimDiscoveryIfDueOrRequested,
    requestDiscoverySoon,
    saveDiscoveryIfUnchanged,
    saveSmnMessageIdOnce,
    hasSmnMessageId,
    readProgressEventuallyConsistent,
    countUnfinishedWatchesApproximately,
    addWaitingCallUnlessTooMany,
    removeWaitingCall,
    getOrCreateSlowRecord,
    readSlowRecord,
    readLatestDurations,
    addLatestDurations,
  });
}
