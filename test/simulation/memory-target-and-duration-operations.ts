import { isOperationWithoutJob } from "../../lib/domain/operation-kind.ts";
import type {
  DigestLedger,
  DurationLedger,
  RateLimitLedger,
  SlowLedger,
  TargetLedger,
} from "../../lib/ledger/ledger.ts";
import { findFreeCallNumber, type WaitingCallLedger } from "../../lib/ledger/ledger.ts";
import { ANY_TYPE, type DurationCount } from "../../lib/schedule/duration-counts.ts";
import { appendDurationsAndDropOldest, NO_LATEST_DURATIONS } from "../../lib/schedule/latest-durations.ts";
import { idOfGeneration, type LedgerState, type TargetRow } from "./memory-ledger-state.ts";

/** Returns the operations on targets, rate limits, durations, digests and waiting calls. */
export function targetAndDurationOperations({
  targets,
  durations,
  slow,
  latestDurations,
  digests,
  waitingCalls,
}: LedgerState): TargetLedger &
  RateLimitLedger &
  DurationLedger &
  DigestLedger &
  SlowLedger &
  WaitingCallLedger {
  const targetOf = (name: string): TargetRow =>
    targets[name] ?? { offSince: null, goneSince: null, throttledUntil: 0, nextFreeAt: 0 };
  return {
    async readTargetState(name) {
      const { offSince, goneSince, throttledUntil } = targetOf(name);
      return { offSince, goneSince, throttledUntil };
    },

    async reserveRequestTime(name, now, intervalMs) {
      const time = Math.max(now, targetOf(name).nextFreeAt);
      targets[name] = { ...targetOf(name), nextFreeAt: time + intervalMs };
      return time;
    },

    async throttleTargetUntilAtLeast(name, until) {
      targets[name] = { ...targetOf(name), throttledUntil: Math.max(until, targetOf(name).throttledUntil) };
    },

    async getOrSetTargetGoneSince(name, at) {
      const goneSince = targetOf(name).goneSince ?? at;
      targets[name] = { ...targetOf(name), goneSince };
      return goneSince;
    },

    async clearTargetGone(name) {
      targets[name] = { ...targetOf(name), goneSince: null };
    },

    async switchTargetOff(name, at) {
      if (targetOf(name).offSince !== null) return false;
      targets[name] = { ...targetOf(name), offSince: at };
      return true;
    },

    async switchTargetOn(name) {
      targets[name] = { ...targetOf(name), offSince: null, goneSince: null };
    },

    async addDuration({ project, jobType, bucket, day }) {
      const name = `${day}/${bucket}`;
      for (const type of isOperationWithoutJob(jobType) ? [jobType] : [jobType, ANY_TYPE]) {
        const counts = durations[`${project}#${type}`] ?? {};
        durations[`${project}#${type}`] = { ...counts, [name]: (counts[name] ?? 0) + 1 };
      }
    },

    async readDurationCounts(project, jobType) {
      const row = durations[`${project}#${jobType}`] ?? NO_DURATIONS;
      const counts = countsOfRows.get(row) ?? sameCounts(jobType, listCounts(row));
      countsOfRows.set(row, counts);
      return counts;
    },

    async getOrCreateSlowRecord(key, record) {
      const id = idOfGeneration(key);
      slow[id] ??= record;
      return slow[id];
    },

    async readSlowRecord(key) {
      return slow[idOfGeneration(key)] ?? null;
    },

    async readLatestDurations(project, jobType) {
      return latestDurations[`${project}#${jobType}`] ?? NO_LATEST_DURATIONS;
    },

    async addLatestDurations(project, jobType, ended) {
      const key = `${project}#${jobType}`;
      latestDurations[key] = appendDurationsAndDropOldest(latestDurations[key] ?? NO_LATEST_DURATIONS, ended);
    },

    async createDigestIfAbsent({ digestId, caller, members, targets }) {
      const running = members.map(({ project, jobId }) => ({ project, jobId }));
      digests[digestId] ??= { caller, members, targets, running };
    },

    async removeRunningMemberAndCountRemaining(digestId, { project, jobId }) {
      const digest = digests[digestId];
      if (digest === undefined) return 0;
      const running = digest.running.filter((job) => job.project !== project || job.jobId !== jobId);
      digests[digestId] = { ...digest, running };
      return running.length;
    },

    async readDigest(digestId) {
      return digests[digestId] ?? null;
    },

    async addWaitingCallUnlessTooMany(call, now, limits) {
      const number = findFreeCallNumber(waitingCalls, call.caller, now, limits);
      if (number !== null) waitingCalls[number] = call;
      return number;
    },

    async removeWaitingCall(number, { caller, until }) {
      const found = waitingCalls[number];
      if (found?.caller === caller && found.until === until) delete waitingCalls[number];
    },
  };
}

const NO_DURATIONS: Readonly<Record<string, number>> = {};
/** The list of counts of each row. A row is replaced, never changed. */
const countsOfRows = new WeakMap<object, readonly DurationCount[]>();

function listCounts(row: Readonly<Record<string, number>>): DurationCount[] {
  return Object.entries(row)
    .map(([name, count]) => {
      const [day = 0, bucket = 0] = name.split("/").map(Number);
      return { day, bucket, count };
    })
    .sort((a, b) => a.day - b.day || a.bucket - b.bucket);
}

/** The lists of counts that `readDurationCounts` has returned, by job type and content. */
const knownCounts = new Map<string, readonly DurationCount[]>();
const MAX_KNOWN_COUNTS = 10_000;

/**
 * Returns the list that an earlier call with the same job type and the same counts returned. The schedule computes its
 * plan once for each list. Most runs of the simulation have the same counts, and the plan is a fifth of their work.
 */
function sameCounts(jobType: string, counts: readonly DurationCount[]): readonly DurationCount[] {
  const key = `${jobType}\n${JSON.stringify(counts)}`;
  const known = knownCounts.get(key);
  if (known !== undefined) return known;
  if (knownCounts.size === MAX_KNOWN_COUNTS) knownCounts.clear();
  knownCounts.set(key, counts);
  return counts;
}
