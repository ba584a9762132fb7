import { NOTIFICATION_LEASE_MS } from "../../lib/domain/sqs-limits-and-leases.ts";
import { deliveriesOverdueAt, pollOverdueAt } from "../../lib/ledger/watch-deliveries-and-overdue-times.ts";
import { RACE_MS } from "../simulation/evaluate-callers.ts";
import { STOP_RACE_MS } from "../simulation/evaluate-run.ts";
import {
  idOfGeneration,
  type LedgerState,
  type NotificationRow,
  type WatchRow,
} from "../simulation/memory-ledger-state.ts";
import { idOfDelivery } from "./positions.ts";
import type { System } from "./system.ts";

/** Returns true if the watch has succeeded. A watch that has succeeded never runs again. */
export function hasSucceeded({ watches }: LedgerState): boolean {
  const rows = Object.values(watches);
  return rows.length > 0 && rows.every(({ watch }) => watch.state === "succeeded");
}

/** A part of a state, and what later steps and checks read of it. */
export interface LivePart {
  /** The ID of the row in its table of the ledger. Empty if the part is not a row. */
  readonly id: string;
  readonly part: object;
  /** The number of what else the result of `read` depends on, at most `MAX_USE`. Null if it depends on other parts. */
  readonly use: number | null;
  readonly read: () => unknown;
}

export const MAX_USE = 11;
/** The use of each kind of part. The watch has one use for each stage of the sweep, and one if nothing is known. */
const [WATCH, NOTIFICATION, OUTCOMES, TABLES, HISTORY, CALLER, CCE, FAULTS, DEAD_LETTERS] = [
  0, 4, 5, 6, 7, 8, 9, 10, 11,
] as const;

/** Whether the only run of the sweep function is still possible, is running, or has ended. */
export const SWEEP_STAGES = ["possible", "running", "ended"] as const;

/** The claim of a notification by a running invocation. */
export interface Claim {
  /** The ID of `idOfDelivery`. */
  readonly id: string;
  readonly at: number;
}

/** What the running invocations compare with the other parts. */
export interface Comparisons {
  /** When the first of the running polls has started, or null. */
  readonly pollsSince: number | null;
  /** The claims that running invocations have made or are making. */
  readonly claims: readonly Claim[];
}

/** What decides how later steps and checks read the parts. */
export interface LiveUse extends Comparisons {
  readonly sweep: (typeof SWEEP_STAGES)[number];
}

/**
 * Returns the parts of a state without its running invocations and its messages.
 * @param isOver the watch has succeeded
 * @param use null if the running invocations are not known
 * @param tablesOf returns the tables of the ledger that have no part of their own
 */
export function listLiveParts(
  system: System,
  isOver: boolean,
  use: LiveUse | null,
  tablesOf: (ledger: LedgerState) => object,
): readonly LivePart[] {
  const { now, ledger, history, caller, cce, faults, queues } = system;
  const parts: LivePart[] = [];
  const add = (part: object, partUse: number | null, read: () => unknown, id = ""): void =>
    void parts.push({ id, part, use: partUse, read });
  const watchUse = WATCH + (use === null ? SWEEP_STAGES.length : SWEEP_STAGES.indexOf(use.sweep));
  for (const [id, row] of Object.entries(ledger.watches)) {
    checkDeadline(row, now);
    add(row, watchUse, () => liveWatch(row, now, isOver, use), id);
  }
  for (const [id, row] of Object.entries(ledger.notifications))
    add(row, NOTIFICATION, () => liveNotification(row), id);
  const tables = tablesOf(ledger);
  add(tables, TABLES, () => tables);
  add(ledger.outcomes, OUTCOMES, () => liveOutcomes(ledger));
  add(history, HISTORY, () => liveHistory(history, now, isOver));
  add(caller, CALLER, () => ({ ...caller, deadlines: [] }));
  // The number of polls decides what the next poll sees. After a success, no poll records what it sees.
  add(cce, CCE, () => (isOver ? cce.observed : cce));
  add(faults, FAULTS, () => faults);
  for (const queue of [queues.pollDead, queues.notifyDead]) add(queue, DEAD_LETTERS, () => queue.messages);
  add(system.posts, null, () => livePosts(system, use));
  add(ledger, null, () => (isOver ? [] : liveEnd(system, use)));
  return parts;
}

/** The deadlines differ between states that are taken as one, so the exploration must not come near them. */
function checkDeadline({ watch }: WatchRow, now: number): void {
  if (Number.isFinite(now) && now > watch.deadlineAt - DEADLINE_DISTANCE_MS)
    throw new Error("A deadline is near, so the exploration must distinguish the deadlines.");
}

const DEADLINE_DISTANCE_MS = 10 * 60_000;

/**
 * Only an invocation that has read when the watch was started compares this time with the time of the current start. See
 * `Position`. Only the sweep function reads when the next poll and the next check of the watch are planned.
 */
function liveWatch(
  { watch, dueAt, ...row }: WatchRow,
  now: number,
  isOver: boolean,
  use: LiveUse | null,
): object {
  const { acceptedAt, nextPollAt, ...rest } = watch;
  const startedAt = isOver ? null : acceptedAt;
  if (use === null) return { ...row, rest, startedAt, plannedAt: nextPollAt, dueAt };
  const known = { ...row, rest, startsNow: startedAt === now };
  switch (use.sweep) {
    case "possible": {
      const isOverdue = nextPollAt !== null && pollOverdueAt(nextPollAt) < now;
      return {
        ...known,
        plannedAt: isOverdue ? "over" : nextPollAt,
        dueAt: dueAt !== null && dueAt < now ? "over" : dueAt,
      };
    }
    case "running":
      return { ...known, plannedAt: nextPollAt, dueAt };
    case "ended":
      return { ...known, isPlanned: nextPollAt !== null, isDue: dueAt !== null };
    default:
      return use.sweep satisfies never;
  }
}

/** See `liveEnd` for the times of outcomes. */
function liveOutcomes({ outcomes }: LedgerState): readonly unknown[] {
  return Object.entries(outcomes).map(([id, { summary, generations }]) => [
    id,
    summary.outcome,
    summary.context,
    generations,
  ]);
}

/** The owner of a lease that was given back has no more rights than other messages. */
function liveNotification(row: NotificationRow): object {
  return { ...row, owner: row.leaseUntil === null ? null : row.owner };
}

/**
 * Of the posts of one notification, later steps only compare the time of the latest claim with the claims of later posts
 * (`isAllowedRepetition`). The ledger never claims a notification again that was delivered or redelivered, and each
 * delivered notification has a post (`checkSystem`).
 */
function livePosts({ posts, ledger }: System, use: LiveUse | null): readonly object[] {
  const latest = new Map<string, object>();
  for (const { notificationId, redelivery, claimedAt } of posts) {
    const delivery = ledger.notifications[notificationId]?.delivery;
    const canBeClaimed =
      delivery === undefined || (delivery.redelivery === redelivery && delivery.state !== "delivered");
    const id = idOfDelivery(notificationId, redelivery);
    const claims = use?.claims.filter((claim) => claim.id === id) ?? [];
    if (use !== null && !canBeClaimed && claims.length === 0) continue;
    const leaseUntil = claimedAt + NOTIFICATION_LEASE_MS;
    latest.set(id, {
      id,
      claims: claims.map(({ at }) => [at, at > leaseUntil]),
      // The time itself is read if the running invocations are not known.
      ...(use === null ? { claimedAt } : { leaseUntil: canBeClaimed ? leaseUntil : null }),
    });
  }
  return [...latest.values()];
}

/**
 * Returns what later steps and checks read of the time of the outcome of the watch, and of the time of its stop.
 *
 * - A poll that was interrupted after it had saved the outcome ends the watch with the time of the outcome. Only the
 *   sweep function reads this time, as the time from which the notifications are overdue.
 * - The checks compare the time of the outcome with the time of a stop (`STOP_RACE_MS`).
 */
function liveEnd({ ledger, caller, now }: System, use: LiveUse | null): readonly unknown[] {
  return Object.values(ledger.watches).map(({ watch }) => {
    const endedAt = ledger.outcomes[idOfGeneration(watch)]?.summary.concludedAt;
    const stoppedAt = watch.state === "stopped" ? watch.concludedAt : null;
    if (endedAt === undefined)
      return stoppedAt === null || use === null
        ? stoppedAt
        : Math.max(stoppedAt, (use.pollsSince ?? now) - STOP_RACE_MS - 1);
    if (stoppedAt !== null) return endedAt > stoppedAt + STOP_RACE_MS;
    if (watch.state !== "watching") return null;
    if (use === null || use.sweep === "running" || caller.isCalling) return endedAt;
    return use.sweep === "ended" || deliveriesOverdueAt(endedAt) < now ? "over" : endedAt;
  });
}

/**
 * The checks read the history only if the watch was restarted or has not succeeded. They only compare the time of each
 * restart with the times at which the outcomes of earlier generations were saved (`evaluate-callers.ts`).
 */
function liveHistory(
  { starts, saves, slowSaves, givenUp }: System["history"],
  now: number,
  isOver: boolean,
): object {
  const restarts = starts.filter(({ watch }) => watch.generation > 0);
  if (isOver && restarts.length === 0) return [];
  return [
    restarts.map(({ watch, at }) => [watch.generation, Math.max(at, now - RACE_MS)]),
    ...[saves, slowSaves].map((saved) =>
      saved
        .map(([id, at]) => [
          id,
          restarts
            .filter(({ watch }) => watch.generation > Number(id.split("#")[0]))
            .map((start) => start.at > at - RACE_MS),
        ])
        .toSorted(),
    ),
    givenUp,
  ];
}
