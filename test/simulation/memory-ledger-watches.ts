import { lookDueAt, settleDueAt } from "../../lib/ledger/due.ts";
import { LOOK_HISTORY, type Watch } from "../../lib/ledger/watch.ts";
import type { Ended, LookClaim, NewWatch, Opened, WatchLedger } from "../../lib/ledger/watch-ledger.ts";
import { idOf, idOfLife, type LedgerState, type WatchRow } from "./memory-ledger-state.ts";

type Steps = Pick<
  WatchLedger,
  | "open"
  | "claimLook"
  | "recordLook"
  | "readAcceptance"
  | "keepConclusion"
  | "readConclusion"
  | "end"
  | "stop"
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
        const { look, life } = next.watch;
        return { kind: "accepted", look: look + 1, ...(life === 0 ? {} : { life }) };
      }
      const addedTargets = wanted.targets.filter((target) => !row.watch.targets.includes(target));
      const watch = { ...row.watch, targets: union(row.watch.targets, wanted.targets) };
      const callbacks = { ...row.callbacks, ...wanted.callbacks };
      const revisited = watch.state !== "watching" && addedTargets.length > 0;
      const dueAt = revisited ? settleDueAt(wanted.acceptedAt) : row.dueAt;
      watches[id] = { ...row, watch, callbacks, dueAt };
      return { kind: "already_watching", watch, addedTargets };
    },

    async claimLook({ key, look, messageId, now, leaseMs }): Promise<LookClaim> {
      const row = watches[idOf(key)];
      if (row === undefined) return { kind: "stale", why: "missing" };
      if (row.watch.state !== "watching") return { kind: "stale", why: "over" };
      if (row.watch.look > look) return { kind: "stale", why: "superseded" };
      if (row.watch.look === look && row.watch.done) return { kind: "stale", why: "done" };
      if (row.watch.look === look && row.leaseUntil >= now) {
        return row.owner === messageId ? { kind: "mine" } : { kind: "theirs" };
      }
      const again = row.watch.look === look;
      const watch = { ...row.watch, look, done: false };
      watches[idOf(key)] = { ...row, watch, owner: messageId, leaseUntil: now + leaseMs };
      return { kind: "claimed", watch, again };
    },

    async recordLook({ key, look, messageId, nextLookAt, tree, ...record }) {
      const row = watches[idOf(key)];
      if (row === undefined || row.watch.state !== "watching") return "superseded";
      if (row.watch.look !== look || row.watch.done || row.owner !== messageId) return "superseded";
      const { phase, jobType, resourceName, trouble, silence, misses } = record;
      const lookedAt = record.lookedAt.slice(-LOOK_HISTORY);
      const seen = { nextLookAt, phase, jobType, resourceName, trouble, silence, misses, lookedAt };
      const uncounted = row.watch.uncounted + (record.waited ? 1 : 0);
      const watch = { ...row.watch, ...seen, uncounted, done: true };
      watches[idOf(key)] = {
        ...row,
        ...NO_LEASE,
        watch,
        dueAt: lookDueAt(nextLookAt),
        tree: tree ?? row.tree,
      };
      return "recorded";
    },

    async readAcceptance(key) {
      const row = watches[idOf(key)];
      return { context: row?.context ?? {}, callbacks: row?.callbacks ?? {} };
    },

    async keepConclusion(key, stored) {
      const id = idOfLife(key);
      const kept = conclusions[id] ?? stored;
      conclusions[id] = kept;
      return kept.conclusion;
    },

    async readConclusion(key) {
      return conclusions[idOfLife(key)]?.conclusion ?? null;
    },

    async end({ key, acceptedAt, outcome, concludedAt, targets, lookedAt, seen }): Promise<Ended> {
      const row = watches[idOf(key)];
      if (row === undefined || row.watch.state !== "watching" || row.watch.acceptedAt !== acceptedAt)
        return { kind: "over" };
      const known = row.watch.targets;
      const told = union([], targets);
      if (told.length !== known.length || !known.every((target) => told.includes(target))) {
        return { kind: "targets_changed", targets: known };
      }
      const history = lookedAt.slice(-LOOK_HISTORY);
      const watch = { ...over(row.watch), ...seen, state: outcome, concludedAt, lookedAt: history };
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
  return { ...watch, done: true, nextLookAt: null };
}

function started(wanted: NewWatch, before: WatchRow | undefined): WatchRow {
  const { project, jobId, acceptedAt, deadlineAt, nextLookAt } = wanted;
  const watch: Watch = {
    ...{ phase: null, jobType: null, resourceName: null, lookedAt: [] },
    look: before?.watch.look ?? 0,
    lookAtStart: before?.watch.look ?? 0,
    uncounted: before?.watch.look ?? 0,
    life: before === undefined ? 0 : before.watch.life + 1,
    ...{ project, jobId, acceptedAt, deadlineAt, nextLookAt },
    ...{ state: "watching", done: true, concludedAt: null, trouble: null, silence: null, misses: 0 },
    digestId: wanted.digestId,
    targets: union([], wanted.targets),
  };
  return {
    ...NO_LEASE,
    watch,
    dueAt: lookDueAt(nextLookAt),
    context: wanted.context,
    callbacks: { ...before?.callbacks, ...wanted.callbacks },
    tree: null,
    released: false,
  };
}

function union(a: readonly string[], b: readonly string[]): string[] {
  return [...new Set([...a, ...b])].sort();
}
