import { NOTIFICATION_LEASE_MS } from "../../lib/domain/sqs-limits-and-leases.ts";
import type { LedgerState } from "../simulation/memory-ledger-state.ts";
import type { System } from "./system.ts";

/*
 * Two states allow the same schedules and show the same violations if they differ only in what no later step and no
 * check reads. The functions in this file write the rest of a part of a state as a text. All times in the text are
 * relative, because the steps only compare times and add to times.
 */

/** The fields that no step of the small system and no check reads. */
const UNREAD = new Set([
  ...["polledAt", "updatedAt", "createdAt", "lagSeconds", "expiresAt", "durations"],
  // An invocation only compares its receipt handle with the handle of the message in the queue. See `livePosition`.
  "receiptHandle",
  // The times of attempts are only shown to people.
  "at",
]);

/**
 * The fields that nothing reads after the watch has succeeded. An end of the watch by another poll is then refused, a
 * stop and a repeated submission change nothing, and no check compares the times of a watch that has succeeded.
 */
const UNREAD_AFTER_SUCCESS = new Set([
  ...["acceptedAt", "deadlineAt", "concludedAt", "durationSeconds"],
  ...["poll", "pollDone", "previousPolls", "polls", "tree"],
]);

/** The times of the exploration, in milliseconds. Other numbers in a state are smaller. */
const TIME = /\b179[56]\d{9}\b/g;

/** Returns true if the watch has succeeded. A watch that has succeeded never runs again. */
export function hasSucceeded({ watches }: LedgerState): boolean {
  const rows = Object.values(watches);
  return rows.length > 0 && rows.every(({ watch }) => watch.state === "succeeded");
}

/**
 * Writes what later steps read of a part.
 * @param from the time to which the times in the text are relative
 * @param isOver the watch has succeeded
 */
export function liveText(part: unknown, from: number, isOver: boolean): string {
  const text = JSON.stringify(part, (name, value) => {
    if (UNREAD.has(name) || (isOver && UNREAD_AFTER_SUCCESS.has(name))) return undefined;
    if (name === "receivedAt") return value === null ? null : 0;
    // A lease that has ended and a message that is visible remain so.
    if (name === "leaseUntil" && typeof value === "number" && value > 0 && value < from) return 1;
    // No message is received often enough to be given up.
    if (name === "receiveCount") return Math.min(value, 1);
    if (name === "visibleAt" && value <= from) return 0;
    return value;
  });
  const live = isOver ? text.replaceAll(/\\*"(deadlineAt|poll)\\*":\d+/g, "") : text;
  return live.replaceAll(TIME, (time) => String(Number(time) - from));
}

/** A part of a state, and what later steps and checks read of it. */
export interface LivePart {
  readonly part: object;
  /** What else the result of `read` depends on. */
  readonly use: string;
  readonly read: () => unknown;
}

/** What else decides what later steps read of the parts. */
export interface LiveUse {
  /** The watch has succeeded. */
  readonly isOver: boolean;
  /** The sweep function has run and ended. */
  readonly isSwept: boolean;
  /** An invocation has claimed a notification, or is claiming one. */
  readonly isClaiming: boolean;
}

/** Returns the parts of a state without its running invocations and its messages. */
export function listLiveParts(system: System, { isOver, isSwept, isClaiming }: LiveUse): readonly LivePart[] {
  const { ledger, history, posts, caller, cce, faults, queues } = system;
  return [
    { part: ledger, use: `ledger ${isSwept}`, read: () => liveLedger(ledger, isSwept) },
    { part: history, use: "history", read: () => liveHistory(history, isOver) },
    { part: posts, use: `posts ${isClaiming}`, read: () => livePosts(system, isClaiming) },
    { part: caller, use: "caller", read: () => (isOver ? { ...caller, deadlines: [] } : caller) },
    // The number of polls decides what the next poll sees. After a success, no poll records what it sees.
    { part: cce, use: "cce", read: () => (isOver ? cce.observed : cce) },
    { part: faults, use: "faults", read: () => faults },
    ...[queues.pollDead, queues.notifyDead].map((queue) => ({
      part: queue,
      use: "queue",
      read: () => queue.messages,
    })),
  ];
}

/**
 * After the only run of the sweep function, nothing reads when the next run checks the watch. The owner of a lease that
 * was given back has no more rights than other messages.
 */
function liveLedger(ledger: LedgerState, isSwept: boolean): object {
  const watches = Object.entries(ledger.watches).map(([id, row]) => {
    return [id, { ...row, dueAt: isSwept ? row.dueAt !== null : row.dueAt }];
  });
  const notifications = Object.entries(ledger.notifications).map(([id, row]) => {
    return [id, { ...row, owner: row.leaseUntil === null ? null : row.owner }];
  });
  return { ...ledger, watches, notifications };
}

/**
 * Of several posts of one notification, later steps only read the time of the latest claim. While no invocation has
 * claimed a notification, each later claim is later than a lease that has already ended.
 */
function livePosts({ posts, now }: System, isClaiming: boolean): readonly object[] {
  const byNotification = new Map<string, object>();
  for (const { at: _, claimedAt, ...post } of posts) {
    const key = JSON.stringify(post);
    const hasLeaseEnded = !isClaiming && now > claimedAt + NOTIFICATION_LEASE_MS;
    byNotification.set(key, { ...post, claimedAt: hasLeaseEnded ? null : claimedAt });
  }
  return [...byNotification.values()];
}

/** The checks read the history only if the watch was restarted or has not succeeded. */
function liveHistory(history: System["history"], isOver: boolean): object {
  const { starts, saves, slowSaves, deadlines, givenUp } = history;
  if (isOver && starts.length === 1) return [];
  return [
    starts.map(({ watch, at }) => [watch, at]),
    ...[saves, slowSaves, givenUp],
    deadlines.map(([id, rows]) => [id, rows.map(({ deadlineAt, from }) => [deadlineAt, from])]),
  ];
}
