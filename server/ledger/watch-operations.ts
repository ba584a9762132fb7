import type { Instant, WatchKey } from "../../lib/domain/job.ts";
import {
  computeNotificationGenerations,
  type NotificationGenerations,
} from "../../lib/ledger/notification.ts";
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
  PollOfMessage,
  WatchLedger,
} from "../../lib/ledger/watch-ledger.ts";
import { findExceededLimit } from "../../lib/ledger/watch-limits.ts";
import type { Store } from "../store/store.ts";
import {
  generationId,
  readJobRows,
  readRecord,
  readWatchRow,
  updateRecord,
  type WatchRow,
  watchId,
  writeRecord,
  writeWatchRow,
} from "./rows.ts";

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

const NO_CALLER_DATA: CallerData = { context: {}, callbacks: {} };
const NO_LEASE = { owner: null, leaseUntil: 0, unfinishedTries: 0 };

/** Returns the operations that change watches. Each operation is one transaction. */
export function watchOperations(store: Store): WatchOperations {
  const read = (key: WatchKey) => readWatchRow(store, key);
  const write = (row: WatchRow) => writeWatchRow(store, row);

  /** Returns the watch if the message has claimed the poll and has not recorded the poll. */
  const readClaimed = ({ key, poll, messageId }: PollOfMessage): WatchRow | null => {
    const row = read(key);
    if (row?.watch.state !== "watching" || row.watch.poll !== poll || row.watch.pollDone) return null;
    return row.owner === messageId ? row : null;
  };

  return {
    openWatch: (wanted) =>
      store.write((): OpenResult => {
        const row = read(wanted);
        if (row === null || restartsWatch({ ...row.watch, restartable: row.restartable }, wanted.operation)) {
          const others = readJobRows(store, wanted).map(({ watch }) => watch.generation);
          const started = startWatch(wanted, row, row === null ? 0 : 1 + Math.max(...others));
          write(started);
          const { context, callbacks } = wanted;
          const id = generationId(started.watch);
          writeRecord(store, "caller", id, { context, callbacks }, wanted.expiresAt);
          store.run("DELETE FROM record WHERE kind = 'tree' AND id = ?", watchId(wanted));
          return { kind: "accepted", poll: started.watch.poll + 1, generation: started.watch.generation };
        }
        return extendWatch(store, wanted, row);
      }),

    claimPoll: ({ key, poll, messageId, now, leaseMs }) =>
      store.write((): PollClaim => {
        const row = read(key);
        if (row === null) return { kind: "stale", reason: "missing" };
        if (row.watch.state !== "watching") return { kind: "stale", reason: "over" };
        if (row.watch.poll > poll) return { kind: "stale", reason: "superseded" };
        const reclaimed = row.watch.poll === poll;
        if (reclaimed && row.watch.pollDone) return { kind: "stale", reason: "done" };
        if (reclaimed && row.leaseUntil >= now)
          return row.owner === messageId ? { kind: "own_lease" } : { kind: "other_owner" };
        const watch = { ...row.watch, poll, pollDone: false };
        const { unfinishedTries } = row;
        const lease = { owner: messageId, leaseUntil: now + leaseMs, unfinishedTries: unfinishedTries + 1 };
        write({ ...row, watch, ...lease });
        return { kind: "claimed", watch, reclaimed, unfinishedTries: reclaimed ? unfinishedTries : 0 };
      }),

    undoPollClaim: (claimed) =>
      store.write(() => {
        const row = readClaimed(claimed);
        if (row === null || row.leaseUntil === 0) return;
        write({ ...row, leaseUntil: 0, unfinishedTries: row.unfinishedTries - 1 });
      }),

    recordPoll: (record) =>
      store.write(() => {
        const row = readClaimed(record);
        if (row === null) return "superseded";
        const { nextPollAt, accessError, lastPollError } = record;
        const watch: Watch = {
          ...row.watch,
          ...truncateObservedJob(record),
          nextPollAt,
          slowAt: record.slowAt === undefined ? row.watch.slowAt : record.slowAt,
          accessError,
          lastPollError: lastPollError && {
            text: truncateObservedText(lastPollError.text),
            since: lastPollError.since,
          },
          consecutiveFailures: record.consecutiveFailures,
          ready: record.ready === undefined ? row.watch.ready : truncateReady(record.ready),
          polledAt: record.polledAt.slice(-POLL_HISTORY),
          rateLimitedPolls: row.watch.rateLimitedPolls + (record.rateLimited ? 1 : 0),
          pollDone: true,
        };
        write({ ...row, ...NO_LEASE, watch, dueAt: pollOverdueAt(nextPollAt) });
        if (record.tree !== null) writeRecord(store, "tree", watchId(record.key), record.tree, row.expiresAt);
        return "recorded";
      }),

    readCallerData: (key) =>
      store.read(() => readRecord(store, "caller", generationId(key)) ?? NO_CALLER_DATA),

    saveOutcomeOnce: (key, outcome, expiresAt) =>
      store.write(() => {
        const stored = readRecord(store, "outcome", generationId(key));
        if (stored === null) writeRecord(store, "outcome", generationId(key), outcome, expiresAt);
        const { summary, generations } = stored ?? outcome;
        return { summary, generations };
      }),

    readOutcome: (key) =>
      store.read(() => {
        const stored = readRecord(store, "outcome", generationId(key));
        return stored === null ? null : { summary: stored.summary, generations: stored.generations };
      }),

    endWatch: (end) =>
      store.write((): EndResult => {
        const row = read(end.key);
        if (row?.watch.state !== "watching" || row.watch.acceptedAt !== end.acceptedAt)
          return { kind: "over" };
        const known = row.watch.targets;
        const notified = new Set(end.targets);
        if (notified.size !== known.length || !known.every((target) => notified.has(target)))
          return { kind: "targets_changed", targets: known };
        const { concludedAt, expiresAt } = end;
        const watch: Watch = {
          ...row.watch,
          ...OVER,
          ...(end.job && truncateEndedJob(end.job)),
          state: end.outcome,
          concludedAt,
          polledAt: end.polledAt.slice(-POLL_HISTORY),
        };
        const dueAt = known.length === 0 ? null : deliveriesOverdueAt(concludedAt);
        write({ ...row, ...NO_LEASE, watch, dueAt, expiresAt });
        expireCallerRecord(store, watch, expiresAt);
        return { kind: "ended" };
      }),

    stopWatch: (key, at, expiresAt) =>
      store.write(() => {
        const row = read(key);
        if (row === null) return "missing";
        if (row.watch.state !== "watching") {
          const canRestart = row.watch.state === "timed_out" || row.watch.state === "lost";
          if (canRestart && !row.restartable) write({ ...row, restartable: true });
          return "over";
        }
        const watch: Watch = { ...row.watch, ...OVER, state: "stopped", concludedAt: at };
        write({ ...row, ...NO_LEASE, watch, dueAt: null, expiresAt });
        expireCallerRecord(store, watch, expiresAt);
        return "stopped";
      }),
  };
}

const OVER = { pollDone: true, nextPollAt: null };

/** Makes the caller record of a watch expire together with the watch, because it contains names and labels. */
function expireCallerRecord(store: Store, watch: Watch, expiresAt: Instant): void {
  store.run(
    "UPDATE record SET expires_at = ? WHERE kind = 'caller' AND id = ?",
    expiresAt,
    generationId(watch),
  );
}

/** Adds targets and callbacks to a watch. The later of both deadlines of a running watch applies. */
function extendWatch(store: Store, wanted: NewWatch, row: WatchRow): OpenResult {
  const isRunning = row.watch.state === "watching";
  const addedTargets = wanted.targets.filter((target) => !row.watch.targets.includes(target));
  const limit = findExceededLimit(row.watch.targets, addedTargets, wanted.limits);
  if (limit !== null) return { kind: "limit_exceeded", limit };
  const isLater = isRunning && wanted.deadlineAt > row.watch.deadlineAt;
  const isReadyLonger = isRunning && (wanted.readyMinutes ?? 0) > (row.watch.readyMinutes ?? 0);
  const needsSweep = !isRunning && addedTargets.length > 0;
  const watch: Watch = {
    ...row.watch,
    deadlineAt: isLater ? wanted.deadlineAt : row.watch.deadlineAt,
    readyMinutes: (isReadyLonger ? wanted.readyMinutes : row.watch.readyMinutes) ?? null,
    targets: sortedNames([...row.watch.targets, ...wanted.targets]),
  };
  const generations = needsSweep ? addGenerations(store, row.watch, addedTargets) : {};
  const expiresAt = isLater ? wanted.expiresAt : row.expiresAt;
  if (isLater || isReadyLonger || addedTargets.length > 0) {
    const dueAt = needsSweep ? deliveriesOverdueAt(wanted.acceptedAt) : row.dueAt;
    writeWatchRow(store, { ...row, watch, dueAt, expiresAt });
  }
  if (isLater || Object.keys(wanted.callbacks).length > 0) {
    const known = readRecord(store, "caller", generationId(watch)) ?? NO_CALLER_DATA;
    const callbacks = { ...known.callbacks, ...wanted.callbacks };
    writeRecord(store, "caller", generationId(watch), { context: known.context, callbacks }, expiresAt);
  }
  return { kind: "already_watching", watch, addedTargets, generations };
}

/**
 * Computes the generations in the notification keys of targets that were added to an ended watch, and adds them to the
 * stored outcome.
 */
function addGenerations(
  store: Store,
  watch: Watch,
  addedTargets: readonly string[],
): NotificationGenerations {
  const others = readJobRows(store, watch).map((row) => row.watch);
  const generations = computeNotificationGenerations(
    { generation: watch.generation, targets: addedTargets },
    others,
  );
  const id = generationId(watch);
  const stored = readRecord(store, "outcome", id);
  if (stored !== null)
    updateRecord(store, "outcome", id, {
      ...stored,
      generations: { ...stored.generations, ...generations },
    });
  return generations;
}

/**
 * Returns the first generation of a watch, or the next generation of the watch in `before`. The numbers of polls continue
 * from the previous generation, so that the old poll messages have no effect.
 */
function startWatch(wanted: NewWatch, before: WatchRow | null, generation: number): WatchRow {
  const { project, jobId, caller, acceptedAt, deadlineAt, nextPollAt, digestId, traceparent } = wanted;
  const { readyMinutes = null, operation = null } = wanted;
  const poll = before?.watch.poll ?? 0;
  const watch: Watch = {
    project,
    jobId,
    caller,
    generation,
    state: "watching",
    poll,
    pollDone: true,
    previousPolls: poll,
    rateLimitedPolls: 0,
    acceptedAt,
    deadlineAt,
    readyMinutes,
    ready: null,
    slowAt: null,
    operation,
    concludedAt: null,
    nextPollAt,
    digestId,
    traceparent,
    phase: null,
    jobType: operation?.kind ?? null,
    resourceName: null,
    consecutiveFailures: 0,
    cause: null,
    durationSeconds: null,
    targets: sortedNames(wanted.targets),
    polledAt: [],
    accessError: null,
    lastPollError: null,
  };
  return {
    ...NO_LEASE,
    watch,
    restartable: false,
    dueAt: pollOverdueAt(nextPollAt),
    expiresAt: wanted.expiresAt,
  };
}

function sortedNames(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}
