import type { Instant } from "../../lib/domain/job.ts";
import {
  findExceededLimit,
  POLL_HISTORY,
  truncateEndedJob,
  truncateObservedJob,
  truncateObservedText,
  truncateReadyTexts,
  type Watch,
} from "../../lib/ledger/watch.ts";
import { deliveriesOverdueAt, pollOverdueAt } from "../../lib/ledger/watch-deliveries-and-overdue-times.ts";
import type {
  EndResult,
  NewWatch,
  OpenResult,
  PollClaim,
  PollOfMessage,
  PollRecord,
  PollToClaim,
  WatchEnd,
} from "../../lib/ledger/watch-ledger.ts";

/*
 * The functions in this file compute how an operation of the ledger changes a watch, without access to a database. Both
 * the SQLite ledger and the simulated ledger of the tests use the functions in this file.
 */

/** The data of a watch in the ledger. */
export interface StoredWatch {
  readonly watch: Watch;
  /**
   * The ID of the queue message that claimed the current poll. `owner` is null again after the result of the current
   * poll is recorded.
   */
  readonly owner: string | null;
  readonly leaseUntil: Instant;
  /**
   * The number of poll claims since the service last recorded a poll result. Claims that were given up are not counted.
   */
  readonly unfinishedTries: number;
  /** True if the watch has ended and a new submission of its job restarts the watch. */
  readonly restartable: boolean;
  /** The time at which the sweep function checks the watch next, or null if the watch needs no check. */
  readonly dueAt: Instant | null;
}

/** `stored` is the watch after a ledger operation, or null if the operation changes nothing. */
interface Change<Stored, Result> {
  readonly stored: Stored | null;
  readonly result: Result;
}

const NO_LEASE = { owner: null, leaseUntil: 0, unfinishedTries: 0 };
const OVER = { pollDone: true, nextPollAt: null };

/**
 * Returns the first generation of a new watch, or the next generation of the watch `before`. The poll numbers continue
 * after a restart, so that the service ignores old poll messages.
 * @param before the earlier watch of the same caller and job, or null
 */
export function startWatch(wanted: NewWatch, before: StoredWatch | null, generation: number): StoredWatch {
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
  return { ...NO_LEASE, watch, restartable: false, dueAt: pollOverdueAt(nextPollAt) };
}

type ExtendedWatch<Stored> =
  | Extract<OpenResult, { readonly kind: "limit_exceeded" }>
  | {
      readonly kind: "extended";
      /** The stored watch with the added targets. */
      readonly stored: Stored;
      readonly addedTargets: readonly string[];
      /** True if the submission has moved the deadline to a later time. */
      readonly isDeadlineLater: boolean;
      readonly isChanged: boolean;
      /** True if the watch had already ended when the submission added targets. */
      readonly needsGenerations: boolean;
    };

/** Adds targets to a watch. A running watch gets a new deadline only if the new deadline is later. */
export function extendWatch<Stored extends StoredWatch>(
  stored: Stored,
  wanted: NewWatch,
): ExtendedWatch<Stored> {
  const { watch: before } = stored;
  const isRunning = before.state === "watching";
  const addedTargets = wanted.targets.filter((target) => !before.targets.includes(target));
  const limit = findExceededLimit(before.targets, addedTargets, wanted.limits);
  if (limit !== null) return { kind: "limit_exceeded", limit };
  const isDeadlineLater = isRunning && wanted.deadlineAt > before.deadlineAt;
  const isReadyLonger = isRunning && (wanted.readyMinutes ?? 0) > (before.readyMinutes ?? 0);
  const needsGenerations = !isRunning && addedTargets.length > 0;
  const watch: Watch = {
    ...before,
    deadlineAt: isDeadlineLater ? wanted.deadlineAt : before.deadlineAt,
    readyMinutes: (isReadyLonger ? wanted.readyMinutes : before.readyMinutes) ?? null,
    targets: sortedNames([...before.targets, ...wanted.targets]),
  };
  const dueAt = needsGenerations ? deliveriesOverdueAt(wanted.acceptedAt) : stored.dueAt;
  const isChanged = isDeadlineLater || isReadyLonger || addedTargets.length > 0;
  return {
    kind: "extended",
    stored: { ...stored, watch, dueAt },
    addedTargets,
    isDeadlineLater,
    isChanged,
    needsGenerations,
  };
}

export function claimPoll<Stored extends StoredWatch>(
  stored: Stored | null,
  { poll, messageId, now, leaseMs }: PollToClaim,
): Change<Stored, PollClaim> {
  const unchanged = (result: PollClaim): Change<Stored, PollClaim> => ({ stored: null, result });
  if (stored === null) return unchanged({ kind: "stale", reason: "missing" });
  if (stored.watch.state !== "watching") return unchanged({ kind: "stale", reason: "over" });
  if (stored.watch.poll > poll) return unchanged({ kind: "stale", reason: "superseded" });
  const reclaimed = stored.watch.poll === poll;
  if (reclaimed && stored.watch.pollDone) return unchanged({ kind: "stale", reason: "done" });
  if (reclaimed && stored.leaseUntil >= now)
    return unchanged(stored.owner === messageId ? { kind: "own_lease" } : { kind: "other_owner" });
  const watch: Watch = { ...stored.watch, poll, pollDone: false };
  const { unfinishedTries } = stored;
  const lease = { owner: messageId, leaseUntil: now + leaseMs, unfinishedTries: unfinishedTries + 1 };
  return {
    stored: { ...stored, ...lease, watch },
    result: { kind: "claimed", watch, reclaimed, unfinishedTries: reclaimed ? unfinishedTries : 0 },
  };
}

/**
 * Gives up the claim of a poll, so that the poll can be claimed again. Returns null if this queue message has no claim
 * on the current poll.
 */
export function undoPollClaim<Stored extends StoredWatch>(
  stored: Stored | null,
  claimed: PollOfMessage,
): Stored | null {
  if (stored === null || !hasClaimed(stored, claimed) || stored.leaseUntil === 0) return null;
  return { ...stored, leaseUntil: 0, unfinishedTries: stored.unfinishedTries - 1 };
}

/** Records the result of a poll. Returns null if the claim of the poll does not belong to this queue message. */
export function recordPoll<Stored extends StoredWatch>(
  stored: Stored | null,
  record: PollRecord,
): Stored | null {
  if (stored === null || !hasClaimed(stored, record)) return null;
  const { nextPollAt, accessError, lastPollError, consecutiveFailures } = record;
  const { watch: before } = stored;
  const watch: Watch = {
    ...before,
    ...truncateObservedJob(record),
    nextPollAt,
    slowAt: record.slowAt === undefined ? before.slowAt : record.slowAt,
    accessError,
    lastPollError: lastPollError && {
      text: truncateObservedText(lastPollError.text),
      since: lastPollError.since,
    },
    consecutiveFailures,
    ready: record.ready === undefined ? before.ready : truncateReadyTexts(record.ready),
    polledAt: record.polledAt.slice(-POLL_HISTORY),
    rateLimitedPolls: before.rateLimitedPolls + (record.rateLimited ? 1 : 0),
    pollDone: true,
  };
  return { ...stored, ...NO_LEASE, watch, dueAt: pollOverdueAt(nextPollAt) };
}

export function endWatchUnlessTargetsAdded<Stored extends StoredWatch>(
  stored: Stored | null,
  { acceptedAt, targets, outcome, concludedAt, polledAt, job }: WatchEnd,
): Change<Stored, EndResult> {
  if (stored?.watch.state !== "watching" || stored.watch.acceptedAt !== acceptedAt)
    return { stored: null, result: { kind: "over" } };
  const known = stored.watch.targets;
  const notified = new Set(targets);
  if (notified.size !== known.length || !known.every((target) => notified.has(target)))
    return { stored: null, result: { kind: "targets_changed", targets: known } };
  const watch: Watch = {
    ...stored.watch,
    ...OVER,
    ...(job && truncateEndedJob(job)),
    state: outcome,
    concludedAt,
    polledAt: polledAt.slice(-POLL_HISTORY),
  };
  const dueAt = known.length === 0 ? null : deliveriesOverdueAt(concludedAt);
  return { stored: { ...stored, ...NO_LEASE, watch, dueAt }, result: { kind: "ended" } };
}

export function stopWatch<Stored extends StoredWatch>(
  stored: Stored | null,
  at: Instant,
): Change<Stored, "stopped" | "over" | "missing"> {
  if (stored === null) return { stored: null, result: "missing" };
  const { state } = stored.watch;
  if (state !== "watching") {
    const canRestart = (state === "timed_out" || state === "lost") && !stored.restartable;
    return { stored: canRestart ? { ...stored, restartable: true } : null, result: "over" };
  }
  const watch: Watch = { ...stored.watch, ...OVER, state: "stopped", concludedAt: at };
  return { stored: { ...stored, ...NO_LEASE, watch, dueAt: null }, result: "stopped" };
}

/** Returns true if this queue message has claimed the current poll and the poll has no result yet. */
function hasClaimed({ watch, owner }: StoredWatch, { poll, messageId }: PollOfMessage): boolean {
  return watch.state === "watching" && watch.poll === poll && !watch.pollDone && owner === messageId;
}

function sortedNames(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}
