import type { Ledger } from "../ledger.ts";
import { readAcceptance } from "./acceptance.ts";
import { markDeadLettered, postponeNotification, recordAttempt } from "./attempt.ts";
import { finishDigestMember, openDigest, readDigest } from "./digest.ts";
import { addDuration, readDurations } from "./durations.ts";
import { endWatch, stopWatch } from "./end.ts";
import { claimNotification, readDelivery } from "./notification.ts";
import { openWatch } from "./open.ts";
import { readOutcome, saveOutcome } from "./outcome.ts";
import { overdue, reschedule, revisit } from "./overdue.ts";
import { claimPoll, recordPoll } from "./poll.ts";
import { readWatch } from "./read.ts";
import { recent } from "./recent.ts";
import { reopenNotification } from "./reopen-notification.ts";
import type { LedgerTable } from "./table.ts";
import {
  pauseTarget,
  readTarget,
  reserveRateLimit,
  switchOff,
  switchOn,
  tryAcquireRateLimit,
} from "./target.ts";

/** The whole ledger over one DynamoDB table. A function that needs little of it imports the operations one by one. */
export function createLedger(table: LedgerTable): Ledger {
  return {
    open: (watch) => openWatch(table, watch),
    claimPoll: (poll) => claimPoll(table, poll),
    recordPoll: (record) => recordPoll(table, record),
    readAcceptance: (key) => readAcceptance(table, key),
    saveOutcome: (key, stored, expiresAt) => saveOutcome(table, key, stored, expiresAt),
    readOutcome: (key) => readOutcome(table, key),
    end: (ending) => endWatch(table, ending),
    stop: (key, at, expiresAt) => stopWatch(table, key, at, expiresAt),
    read: (key) => readWatch(table, key),
    overdue: (now, limit) => overdue(table, now, limit),
    reschedule: (entry, dueAt) => reschedule(table, entry, dueAt),
    revisit: (key, dueAt, expiresAt) => revisit(table, key, dueAt, expiresAt),
    recent: (project, page) => recent(table, project, page),
    claimNotification: (claim) => claimNotification(table, claim),
    recordAttempt: (record) => recordAttempt(table, record),
    postponeNotification: (hold) => postponeNotification(table, hold),
    readDelivery: (key) => readDelivery(table, key),
    markDeadLettered: (key, redelivery) => markDeadLettered(table, key, redelivery),
    reopenNotification: (key, expiresAt) => reopenNotification(table, key, expiresAt),
    readTarget: (name) => readTarget(table, name),
    reserveRateLimit: (name, now, intervalMs) => reserveRateLimit(table, name, now, intervalMs),
    tryAcquireRateLimit: (name, now, intervalMs) => tryAcquireRateLimit(table, name, now, intervalMs),
    pauseTarget: (name, until) => pauseTarget(table, name, until),
    switchOff: (name, at) => switchOff(table, name, at),
    switchOn: (name) => switchOn(table, name),
    addDuration: (entry) => addDuration(table, entry),
    readDurations: (project, jobType) => readDurations(table, project, jobType),
    openDigest: (digest) => openDigest(table, digest),
    finishDigestMember: (digestId, key) => finishDigestMember(table, digestId, key),
    readDigest: (digestId) => readDigest(table, digestId),
  };
}
