import { NOTIFICATION_LEASE_MS } from "../../lib/domain/sqs-limits-and-leases.ts";
import { RACE_MS } from "../simulation/evaluate-callers.ts";
import type { LedgerState, NotificationRow, WatchRow } from "../simulation/memory-ledger-state.ts";
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
 * @param from the time to which the times in the text are relative, or null for a text without times
 * @param isOver the watch has succeeded
 */
export function liveText(part: unknown, from: number | null, isOver: boolean): string {
  const text = JSON.stringify(part, (name, value) => {
    if (UNREAD.has(name) || (isOver && UNREAD_AFTER_SUCCESS.has(name))) return undefined;
    if (name === "receivedAt") return value === null ? null : 0;
    // A lease that has ended and a message that is visible remain so.
    if (name === "leaseUntil" && from !== null && typeof value === "number" && value > 0 && value < from)
      return 1;
    // No message is received often enough to be given up.
    if (name === "receiveCount") return Math.min(value, 1);
    if (name === "visibleAt" && from !== null && value <= from) return 0;
    return value;
  });
  const live = isOver ? text.replaceAll(/\\*"(deadlineAt|poll)\\*":\d+/g, "") : text;
  return live.replaceAll(TIME, (time) => (from === null ? "0" : String(Number(time) - from)));
}

/** A part of a state, and what later steps and checks read of it. */
export interface LivePart {
  /** The ID of the row in its table of the ledger. Empty if the part is not a row. */
  readonly id: string;
  readonly part: object;
  /** The number of what else the result of `read` depends on, at most `MAX_USE`. */
  readonly use: number;
  readonly read: () => unknown;
}

export const MAX_USE = 17;
/** The use of each kind of part, plus 1 for its second use. */
const [WATCH, NOTIFICATION, TABLES, HISTORY, POSTS, CALLER, CCE, FAULTS, DEAD_LETTERS] = [
  0, 2, 4, 6, 8, 10, 12, 14, 16,
] as const;

/** What else decides what later steps read of the parts. */
export interface LiveUse {
  /** The watch has succeeded. */
  readonly isOver: boolean;
  /** The sweep function has run and ended. */
  readonly isSwept: boolean;
  /** An invocation has claimed a notification, or is claiming one. */
  readonly isClaiming: boolean;
}

/**
 * Returns the parts of a state without its running invocations and its messages.
 * @param tablesOf returns the tables of the ledger except the watches and the notifications
 */
export function listLiveParts(
  system: System,
  { isOver, isSwept, isClaiming }: LiveUse,
  tablesOf: (ledger: LedgerState) => object,
): readonly LivePart[] {
  const { now, ledger, history, posts, caller, cce, faults, queues } = system;
  const parts: LivePart[] = [];
  const add = (part: object, use: number, read: () => unknown, id = ""): void =>
    void parts.push({ id, part, use, read });
  for (const [id, row] of Object.entries(ledger.watches))
    add(row, WATCH + (isSwept ? 1 : 0), () => liveWatch(row, isSwept), id);
  for (const [id, row] of Object.entries(ledger.notifications))
    add(row, NOTIFICATION, () => liveNotification(row), id);
  // Only the checks of a watch that has timed out read the deadlines that callers asked for.
  if (Object.values(ledger.watches).some(({ watch }) => watch.state === "timed_out"))
    throw new Error("A watch has timed out, so the exploration must distinguish the deadlines.");
  const tables = tablesOf(ledger);
  add(tables, TABLES, () => tables);
  add(history, HISTORY, () => liveHistory(history, now, isOver));
  add(posts, POSTS + (isClaiming ? 1 : 0), () => livePosts(system, isClaiming));
  add(caller, CALLER, () => ({ ...caller, deadlines: [] }));
  // The number of polls decides what the next poll sees. After a success, no poll records what it sees.
  add(cce, CCE, () => (isOver ? cce.observed : cce));
  add(faults, FAULTS, () => faults);
  for (const queue of [queues.pollDead, queues.notifyDead]) add(queue, DEAD_LETTERS, () => queue.messages);
  return parts;
}

/** After the only run of the sweep function, nothing reads when the next run checks the watch. */
function liveWatch(row: WatchRow, isSwept: boolean): object {
  return { ...row, dueAt: isSwept ? row.dueAt !== null : row.dueAt };
}

/** The owner of a lease that was given back has no more rights than other messages. */
function liveNotification(row: NotificationRow): object {
  return { ...row, owner: row.leaseUntil === null ? null : row.owner };
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

/**
 * The checks read the history only if the watch was restarted or has not succeeded. They only compare the time of each
 * start with the times at which outcomes were saved, before or after it (`evaluate-callers.ts`).
 */
function liveHistory(
  { starts, saves, slowSaves, givenUp }: System["history"],
  now: number,
  isOver: boolean,
): object {
  if (isOver && starts.length === 1) return [];
  return [
    starts.map(({ watch, at }) => [watch, Math.max(at, now - RACE_MS)]),
    ...[saves, slowSaves].map((saved) =>
      saved.map(([id, at]) => [id, starts.map((start) => start.at > at - RACE_MS)]),
    ),
    givenUp,
  ];
}
