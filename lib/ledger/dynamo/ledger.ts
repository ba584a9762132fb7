import type { Ledger } from "../ledger.ts";
import { readAcceptance } from "./acceptance.ts";
import { holdNotice, markBuried, recordAttempt } from "./attempt.ts";
import { keepConclusion, readConclusion } from "./conclusion.ts";
import { leaveDigest, openDigest, readDigest } from "./digest.ts";
import { addDuration, readDurations } from "./durations.ts";
import { endWatch, stopWatch } from "./end.ts";
import { claimLook, recordLook } from "./look.ts";
import { claimNotice, readDelivery } from "./notice.ts";
import { openWatch } from "./open.ts";
import { overdue, reschedule, revisit } from "./overdue.ts";
import { readWatch } from "./read.ts";
import { recent } from "./recent.ts";
import { reopenNotice } from "./reopen-notice.ts";
import type { LedgerTable } from "./table.ts";
import { holdTarget, passGate, readTarget, reserveSlot, switchOff, switchOn } from "./target.ts";

/** The whole ledger over one DynamoDB table. A function that needs little of it imports the operations one by one. */
export function createLedger(table: LedgerTable): Ledger {
  return {
    open: (watch) => openWatch(table, watch),
    claimLook: (look) => claimLook(table, look),
    recordLook: (record) => recordLook(table, record),
    readAcceptance: (key) => readAcceptance(table, key),
    keepConclusion: (key, stored, expiresAt) => keepConclusion(table, key, stored, expiresAt),
    readConclusion: (key) => readConclusion(table, key),
    end: (ending) => endWatch(table, ending),
    stop: (key, at, expiresAt) => stopWatch(table, key, at, expiresAt),
    read: (key) => readWatch(table, key),
    overdue: (now, limit) => overdue(table, now, limit),
    reschedule: (entry, dueAt) => reschedule(table, entry, dueAt),
    revisit: (key, dueAt, expiresAt) => revisit(table, key, dueAt, expiresAt),
    recent: (project, page) => recent(table, project, page),
    claimNotice: (claim) => claimNotice(table, claim),
    recordAttempt: (record) => recordAttempt(table, record),
    holdNotice: (hold) => holdNotice(table, hold),
    readDelivery: (key) => readDelivery(table, key),
    markBuried: (key, redelivery) => markBuried(table, key, redelivery),
    reopenNotice: (key, expiresAt) => reopenNotice(table, key, expiresAt),
    readTarget: (name) => readTarget(table, name),
    reserveSlot: (name, now, intervalMs) => reserveSlot(table, name, now, intervalMs),
    passGate: (name, now, intervalMs) => passGate(table, name, now, intervalMs),
    holdTarget: (name, until) => holdTarget(table, name, until),
    switchOff: (name, at) => switchOff(table, name, at),
    switchOn: (name) => switchOn(table, name),
    addDuration: (entry) => addDuration(table, entry),
    readDurations: (project, jobType) => readDurations(table, project, jobType),
    openDigest: (digest) => openDigest(table, digest),
    leaveDigest: (digestId, key) => leaveDigest(table, digestId, key),
    readDigest: (digestId) => readDigest(table, digestId),
  };
}
