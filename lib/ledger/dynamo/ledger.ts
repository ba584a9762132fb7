import type { Ledger } from "../ledger.ts";
import { readCallerData } from "./acceptance.ts";
import { markDeadLettered, postponeNotification, recordAttempt } from "./attempt.ts";
import { createDigest, readDigest, removeRunningMember } from "./digest.ts";
import { addDuration, readDurations } from "./durations.ts";
import { endWatch, stopWatch } from "./end.ts";
import { claimNotification, readDelivery } from "./notification.ts";
import { openWatch } from "./open.ts";
import { readOutcome, saveOutcomeOnce } from "./outcome.ts";
import { listOverdue, rescheduleSweep, scheduleSweep } from "./overdue.ts";
import { claimPoll, recordPoll } from "./poll.ts";
import { readWatch } from "./read.ts";
import { listRecentWatches } from "./recent.ts";
import { startRedelivery } from "./reopen-notification.ts";
import type { LedgerTable } from "./table.ts";
import {
  readTarget,
  reserveRequestTime,
  switchTargetOff,
  switchTargetOn,
  throttleTarget,
  tryAcquireRequest,
} from "./target.ts";

/** The whole ledger over one DynamoDB table. A function that needs little of it imports the operations one by one. */
export function createLedger(table: LedgerTable): Ledger {
  return {
    openWatch: (watch) => openWatch(table, watch),
    claimPoll: (poll) => claimPoll(table, poll),
    recordPoll: (record) => recordPoll(table, record),
    readCallerData: (key) => readCallerData(table, key),
    saveOutcomeOnce: (key, stored, expiresAt) => saveOutcomeOnce(table, key, stored, expiresAt),
    readOutcome: (key) => readOutcome(table, key),
    endWatch: (ending) => endWatch(table, ending),
    stopWatch: (key, at, expiresAt) => stopWatch(table, key, at, expiresAt),
    readWatch: (key) => readWatch(table, key),
    listOverdue: (now, limit) => listOverdue(table, now, limit),
    rescheduleSweep: (entry, dueAt) => rescheduleSweep(table, entry, dueAt),
    scheduleSweep: (key, dueAt, expiresAt) => scheduleSweep(table, key, dueAt, expiresAt),
    listRecentWatches: (project, page) => listRecentWatches(table, project, page),
    claimNotification: (claim) => claimNotification(table, claim),
    recordAttempt: (record) => recordAttempt(table, record),
    postponeNotification: (hold) => postponeNotification(table, hold),
    readDelivery: (key) => readDelivery(table, key),
    markDeadLettered: (key, redelivery) => markDeadLettered(table, key, redelivery),
    startRedelivery: (key, expiresAt) => startRedelivery(table, key, expiresAt),
    readTarget: (name) => readTarget(table, name),
    reserveRequestTime: (name, now, intervalMs) => reserveRequestTime(table, name, now, intervalMs),
    tryAcquireRequest: (name, now, intervalMs) => tryAcquireRequest(table, name, now, intervalMs),
    throttleTarget: (name, until) => throttleTarget(table, name, until),
    switchTargetOff: (name, at) => switchTargetOff(table, name, at),
    switchTargetOn: (name) => switchTargetOn(table, name),
    addDuration: (entry) => addDuration(table, entry),
    readDurations: (project, jobType) => readDurations(table, project, jobType),
    createDigest: (digest) => createDigest(table, digest),
    removeRunningMember: (digestId, key) => removeRunningMember(table, digestId, key),
    readDigest: (digestId) => readDigest(table, digestId),
  };
}
