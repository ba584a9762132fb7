import { pollDueAt, settleDueAt } from "../../lib/ledger/due.ts";
import { POLL_HISTORY, type Watch } from "../../lib/ledger/watch.ts";
import type { Ended, NewWatch, Opened, PollClaim, WatchLedger } from "../../lib/ledger/watch-ledger.ts";
import { idOf, idOfGeneration, type LedgerState, type WatchRow } from "./memory-ledger-state.ts";

type Steps = Pick<
  WatchLedger,
  "open" | "claimPoll" | "recordPoll" | "readAcceptance" | "saveOutcome" | "readOutcome" | "end" | "stop"
>;

const NO_LEASE = { owner: null, leaseUntil: 0 };

/** What changes a watch. Each call changes the state before it first yields, so calls never interleave. */
export function watchSteps({ watches, conclusions }: LedgerState): Steps {
  return {
    async open(wanted): Promise<Opened> {
      const id = idOf(wanted);
      const row = watches[id];
      if (row === undefined || row.watch.state === "stopped" || row.released) {
        const next = started(wanted, row);
        watches[id] = next;
        const { poll, generation } = next.watch;
        return { kind: "accepted", poll: poll + 1, ...(generation === 0 ? {} : { generation }) };
      }
      const addedTargets = wanted.targets.filter((target) => !row.watch.targets.includes(target));
      const watch = { ...row.watch, targets: union(row.watch.targets, wanted.targets) };
      const callbacks = { ...row.callbacks, ...wanted.callbacks };
      const revisited = watch.state !== "watching" && addedTargets.length > 0;
      const dueAt = revisited ? settleDueAt(wanted.acceptedAt) : row.dueAt;
      watches[id] = { ...row, watch, callbacks, dueAt };
      return { kind: "already_watching", watch, addedTargets };
    },

    async claimPoll({ key, poll, messageId, now, leaseMs }): Promise<PollClaim> {
      const row = watches[idOf(key)];
      if (row === undefined) return { kind: "stale", why: "missing" };
      if (row.watch.state !== "watching") return { kind: "stale", why: "over" };
      if (row.watch.poll > poll) return { kind: "stale", why: "superseded" };
      if (row.watch.poll === poll && row.watch.done) return { kind: "stale", why: "done" };
      if (row.watch.poll === poll && row.leaseUntil >= now) {
        return row.owner === messageId ? { kind: "mine" } : { kind: "theirs" };
      }
      const again = row.watch.poll === poll;
      const watch = { ...row.watch, poll, done: false };
      watches[idOf(key)] = { ...row, watch, owner: messageId, leaseUntil: now + leaseMs };
      return { kind: "claimed", watch, again };
    },

    async recordPoll({ key, poll, messageId, nextPollAt, tree, ...record }) {
      const row = watches[idOf(key)];
      if (row === undefined || row.watch.state !== "watching") return "superseded";
      if (row.watch.poll !== poll || row.watch.done || row.owner !== messageId) return "superseded";
      const { phase, jobType, resourceName, accessError, lastPollError, misses } = record;
      const polledAt = record.polledAt.slice(-POLL_HISTORY);
      const seen = { nextPollAt, phase, jobType, resourceName, accessError, lastPollError, misses, polledAt };
      const uncounted = row.watch.uncounted + (record.waited ? 1 : 0);
      const watch = { ...row.watch, ...seen, uncounted, done: true };
      watches[idOf(key)] = {
        ...row,
        ...NO_LEASE,
        watch,
        dueAt: pollDueAt(nextPollAt),
        tree: tree ?? row.tree,
      };
      return "recorded";
    },

    async readAcceptance(key) {
      const row = watches[idOf(key)];
      return { context: row?.context ?? {}, callbacks: row?.callbacks ?? {} };
    },

    async saveOutcome(key, stored) {
      const id = idOfGeneration(key);
      const kept = conclusions[id] ?? stored;
      conclusions[id] = kept;
      return kept.conclusion;
    },

    async readOutcome(key) {
      return conclusions[idOfGeneration(key)]?.conclusion ?? null;
    },

    async end({ key, acceptedAt, outcome, concludedAt, targets, polledAt, seen }): Promise<Ended> {
      const row = watches[idOf(key)];
      if (row === undefined || row.watch.state !== "watching" || row.watch.acceptedAt !== acceptedAt)
        return { kind: "over" };
      const known = row.watch.targets;
      const told = union([], targets);
      if (told.length !== known.length || !known.every((target) => told.includes(target))) {
        return { kind: "targets_changed", targets: known };
      }
      const history = polledAt.slice(-POLL_HISTORY);
      const watch = { ...over(row.watch), ...seen, state: outcome, concludedAt, polledAt: history };
      const dueAt = known.length === 0 ? null : settleDueAt(concludedAt);
      watches[idOf(key)] = { ...row, ...NO_LEASE, watch, dueAt };
      return { kind: "ended" };
    },

    async stop(key, at) {
      const row = watches[idOf(key)];
      if (row === undefined) return "missing";
      if (row.watch.state !== "watching") {
        const released = row.watch.state === "timed_out" || row.watch.state === "lost";
        watches[idOf(key)] = { ...row, released: row.released || released };
        return "over";
      }
      const watch: Watch = { ...over(row.watch), state: "stopped", concludedAt: at };
      watches[idOf(key)] = { ...row, ...NO_LEASE, watch, dueAt: null };
      return "stopped";
    },
  };
}

function over(watch: Watch): Watch {
  return { ...watch, done: true, nextPollAt: null };
}

function started(wanted: NewWatch, before: WatchRow | undefined): WatchRow {
  const { project, jobId, acceptedAt, deadlineAt, nextPollAt } = wanted;
  const watch: Watch = {
    phase: null,
    jobType: null,
    resourceName: null,
    polledAt: [],
    poll: before?.watch.poll ?? 0,
    pollAtStart: before?.watch.poll ?? 0,
    uncounted: before?.watch.poll ?? 0,
    generation: before === undefined ? 0 : before.watch.generation + 1,
    project,
    jobId,
    acceptedAt,
    deadlineAt,
    nextPollAt,
    state: "watching",
    done: true,
    concludedAt: null,
    accessError: null,
    lastPollError: null,
    misses: 0,
    digestId: wanted.digestId,
    targets: union([], wanted.targets),
  };
  return {
    ...NO_LEASE,
    watch,
    dueAt: pollDueAt(nextPollAt),
    context: wanted.context,
    callbacks: { ...before?.callbacks, ...wanted.callbacks },
    tree: null,
    released: false,
  };
}

function union(a: readonly string[], b: readonly string[]): string[] {
  return [...new Set([...a, ...b])].sort();
}
