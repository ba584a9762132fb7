import { computeNotificationGenerations } from "../../lib/ledger/notification.ts";
import {
  truncateEndedJob,
  truncateObservedJob,
  truncateObservedText,
  truncateReady,
} from "../../lib/ledger/observed-texts.ts";
import { deliveriesOverdueAt, pollOverdueAt } from "../../lib/ledger/overdue-times.ts";
import { type CallerData, POLL_HISTORY, restartsWatch, type Watch } from "../../lib/ledger/watch.ts";
import type {
  EndResult,
  NewWatch,
  OpenResult,
  PollClaim,
  WatchLedger,
} from "../../lib/ledger/watch-ledger.ts";
import { findExceededLimit } from "../../lib/ledger/watch-limits.ts";
import { jobWatches } from "./memory-ledger-reads.ts";
import { idOf, idOfGeneration, type LedgerState, type WatchRow } from "./memory-ledger-state.ts";

type WatchOperations = Pick<
  WatchLedger,
  | "openWatch"
  | "claimPoll"
  | "undoPollClaim"
  | "recordPoll"
  | "readCallerData"
  | "saveOutcomeOnce"
  | "readOutcome"
  | "endWatch"
  | "stopWatch"
>;

const NO_LEASE = { owner: null, leaseUntil: 0, unfinishedTries: 0 };

const NO_CALLER_DATA: CallerData = { context: {}, callbacks: {} };

/** Returns the operations that change watches. Each call changes the state at once, so calls never interleave. */
export function watchOperations({ watches, callerData, outcomes }: LedgerState): WatchOperations {
  return {
    async openWatch(wanted): Promise<OpenResult> {
      const id = idOf(wanted);
      const row = watches[id];
      if (
        row === undefined ||
        restartsWatch({ ...row.watch, restartable: row.restartable }, wanted.operation)
      ) {
        const others = jobWatches(watches, wanted).map(({ generation }) => generation);
        const next = startWatch(wanted, row, row === undefined ? 0 : 1 + Math.max(...others));
        watches[id] = next;
        const { context, callbacks } = wanted;
        callerData[idOfGeneration(next.watch)] = { context, callbacks };
        const { poll, generation } = next.watch;
        return { kind: "accepted", poll: poll + 1, generation };
      }
      const addedTargets = wanted.targets.filter((target) => !row.watch.targets.includes(target));
      const limit = findExceededLimit(row.watch.targets, addedTargets, wanted.limits);
      if (limit !== null) return { kind: "limit_exceeded", limit };
      const { state } = row.watch;
      const deadlineAt =
        state === "watching" ? Math.max(row.watch.deadlineAt, wanted.deadlineAt) : row.watch.deadlineAt;
      const minutes = Math.max(row.watch.readyMinutes ?? 0, wanted.readyMinutes ?? 0);
      const readyMinutes = state === "watching" && minutes > 0 ? minutes : row.watch.readyMinutes;
      const targets = union(row.watch.targets, wanted.targets);
      const watch = { ...row.watch, deadlineAt, readyMinutes, targets };
      const known = callerData[idOfGeneration(watch)] ?? NO_CALLER_DATA;
      callerData[idOfGeneration(watch)] = {
        context: known.context,
        callbacks: { ...known.callbacks, ...wanted.callbacks },
      };
      const revisited = state !== "watching" && addedTargets.length > 0;
      const dueAt = revisited ? deliveriesOverdueAt(wanted.acceptedAt) : row.dueAt;
      watches[id] = { ...row, watch, dueAt };
      if (!revisited) return { kind: "already_watching", watch, addedTargets, generations: {} };
      const added = { generation: watch.generation, targets: addedTargets };
      const generations = computeNotificationGenerations(added, jobWatches(watches, wanted));
      const outcomeId = idOfGeneration(watch);
      const stored = outcomes[outcomeId];
      if (stored !== undefined)
        outcomes[outcomeId] = { ...stored, generations: { ...stored.generations, ...generations } };
      return { kind: "already_watching", watch, addedTargets, generations };
    },

    async claimPoll({ key, poll, messageId, now, leaseMs }): Promise<PollClaim> {
      const row = watches[idOf(key)];
      if (row === undefined) return { kind: "stale", reason: "missing" };
      if (row.watch.state !== "watching") return { kind: "stale", reason: "over" };
      if (row.watch.poll > poll) return { kind: "stale", reason: "superseded" };
      if (row.watch.poll === poll && row.watch.pollDone) return { kind: "stale", reason: "done" };
      if (row.watch.poll === poll && row.leaseUntil >= now) {
        return row.owner === messageId ? { kind: "own_lease" } : { kind: "other_owner" };
      }
      const again = row.watch.poll === poll;
      const watch = { ...row.watch, poll, pollDone: false };
      const { unfinishedTries } = row;
      const lease = { owner: messageId, leaseUntil: now + leaseMs, unfinishedTries: unfinishedTries + 1 };
      watches[idOf(key)] = { ...row, watch, ...lease };
      return { kind: "claimed", watch, reclaimed: again, unfinishedTries: again ? unfinishedTries : 0 };
    },

    async undoPollClaim({ key, poll, messageId }) {
      const row = watches[idOf(key)];
      if (row === undefined || row.watch.state !== "watching" || row.leaseUntil === 0) return;
      if (row.watch.poll !== poll || row.watch.pollDone || row.owner !== messageId) return;
      watches[idOf(key)] = { ...row, leaseUntil: 0, unfinishedTries: row.unfinishedTries - 1 };
    },

    async recordPoll({ key, poll, messageId, nextPollAt, tree, ...record }) {
      const row = watches[idOf(key)];
      if (row === undefined || row.watch.state !== "watching") return "superseded";
      if (row.watch.poll !== poll || row.watch.pollDone || row.owner !== messageId) return "superseded";
      const { accessError, lastPollError, consecutiveFailures } = record;
      const polledAt = record.polledAt.slice(-POLL_HISTORY);
      const changes = {
        ...truncateObservedJob(record),
        nextPollAt,
        slowAt: record.slowAt === undefined ? row.watch.slowAt : record.slowAt,
        accessError,
        lastPollError: lastPollError && { ...lastPollError, text: truncateObservedText(lastPollError.text) },
        consecutiveFailures,
        polledAt,
      };
      const rateLimitedPolls = row.watch.rateLimitedPolls + (record.rateLimited ? 1 : 0);
      const ready = record.ready === undefined ? row.watch.ready : truncateReady(record.ready);
      const watch = { ...row.watch, ...changes, rateLimitedPolls, ready, pollDone: true };
      watches[idOf(key)] = {
        ...row,
        ...NO_LEASE,
        watch,
        dueAt: pollOverdueAt(nextPollAt),
        tree: tree ?? row.tree,
      };
      return "recorded";
    },

    async readCallerData(key) {
      return callerData[idOfGeneration(key)] ?? NO_CALLER_DATA;
    },

    async saveOutcomeOnce(key, stored) {
      const id = idOfGeneration(key);
      const kept = outcomes[id] ?? stored;
      outcomes[id] = kept;
      return { summary: kept.summary, generations: kept.generations };
    },

    async readOutcome(key) {
      const found = outcomes[idOfGeneration(key)];
      return found === undefined ? null : { summary: found.summary, generations: found.generations };
    },

    async endWatch({ key, acceptedAt, outcome, concludedAt, targets, polledAt, job }): Promise<EndResult> {
      const row = watches[idOf(key)];
      if (row === undefined || row.watch.state !== "watching" || row.watch.acceptedAt !== acceptedAt)
        return { kind: "over" };
      const known = row.watch.targets;
      const notified = union([], targets);
      if (notified.length !== known.length || !known.every((target) => notified.includes(target))) {
        return { kind: "targets_changed", targets: known };
      }
      const history = polledAt.slice(-POLL_HISTORY);
      const watch = {
        ...over(row.watch),
        ...(job && truncateEndedJob(job)),
        state: outcome,
        concludedAt,
        polledAt: history,
      };
      const dueAt = known.length === 0 ? null : deliveriesOverdueAt(concludedAt);
      watches[idOf(key)] = { ...row, ...NO_LEASE, watch, dueAt };
      return { kind: "ended" };
    },

    async stopWatch(key, at) {
      const row = watches[idOf(key)];
      if (row === undefined) return "missing";
      if (row.watch.state !== "watching") {
        const restartable = row.watch.state === "timed_out" || row.watch.state === "lost";
        watches[idOf(key)] = { ...row, restartable: row.restartable || restartable };
        return "over";
      }
      const watch: Watch = { ...over(row.watch), state: "stopped", concludedAt: at };
      watches[idOf(key)] = { ...row, ...NO_LEASE, watch, dueAt: null };
      return "stopped";
    },
  };
}

function over(watch: Watch): Watch {
  return { ...watch, pollDone: true, nextPollAt: null };
}

function startWatch(wanted: NewWatch, before: WatchRow | undefined, generation: number): WatchRow {
  const { project, jobId, caller, acceptedAt, deadlineAt, readyMinutes = null, nextPollAt } = wanted;
  const { operation = null } = wanted;
  const watch: Watch = {
    phase: null,
    jobType: operation?.kind ?? null,
    resourceName: null,
    polledAt: [],
    poll: before?.watch.poll ?? 0,
    previousPolls: before?.watch.poll ?? 0,
    rateLimitedPolls: 0,
    generation,
    project,
    jobId,
    caller,
    acceptedAt,
    deadlineAt,
    readyMinutes,
    ready: null,
    slowAt: null,
    operation,
    nextPollAt,
    state: "watching",
    pollDone: true,
    concludedAt: null,
    accessError: null,
    lastPollError: null,
    consecutiveFailures: 0,
    cause: null,
    durationSeconds: null,
    digestId: wanted.digestId,
    traceparent: wanted.traceparent,
    targets: union([], wanted.targets),
  };
  return {
    ...NO_LEASE,
    watch,
    dueAt: pollOverdueAt(nextPollAt),
    tree: null,
    restartable: false,
  };
}

function union(a: readonly string[], b: readonly string[]): string[] {
  return [...new Set([...a, ...b])].sort();
}
