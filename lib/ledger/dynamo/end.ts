import type { Instant, Outcome, WatchKey } from "../../domain/job.ts";
import { settleDueAt } from "../due.ts";
import { POLL_HISTORY } from "../watch.ts";
import type { EndResult, WatchEnd } from "../watch-ledger.ts";
import { packInstants } from "./instants.ts";
import { timeToLive } from "./item.ts";
import { overdueShard, watchItemKey } from "./keys.ts";
import { change, get, type LedgerTable } from "./table.ts";
import { NO_LEASE, NOT_DUE, readWatchItem, seenAttributes } from "./watch-item.ts";

const OVER = { ...NO_LEASE, pollDone: true, nextPollAt: null };

/** Ends a watch, unless it has targets that were not told. It stays in the overdue index until a sweep has seen to them. */
export async function endWatch(table: LedgerTable, ending: WatchEnd): Promise<EndResult> {
  const { key, acceptedAt, outcome, concludedAt } = ending;
  const told = new Set(ending.targets);
  const ended = await change(table, {
    key: watchItemKey(key),
    set: {
      ...OVER,
      state: outcome,
      concludedAt,
      ...(ending.lastSeen === undefined ? {} : seenAttributes(ending.lastSeen)),
      ...(told.size === 0 ? NOT_DUE : { dueAt: settleDueAt(concludedAt), dueShard: overdueShard(key) }),
      polledAt: packInstants(ending.polledAt.slice(-POLL_HISTORY)),
      expiresAt: timeToLive(ending.expiresAt),
    },
    condition: `#state = :watching AND #acceptedAt = :acceptedAt
      AND ${told.size === 0 ? "attribute_not_exists(#targets)" : "#targets = :told"}`,
    values: { watching: "watching", acceptedAt, told },
  });
  if (ended.kind === "written") return { kind: "ended" };
  const item = await get(table, watchItemKey(key));
  if (item === null) return { kind: "over" };
  const { state, targets, ...found } = readWatchItem(item);
  if (state !== "watching" || found.acceptedAt !== acceptedAt) return { kind: "over" };
  return { kind: "targets_changed", targets: targets.toSorted() };
}

/** What ended so told nothing of the job: it may be watched again. */
const RESTARTABLE: readonly string[] = ["timed_out", "lost"] satisfies Outcome[];

/** Ends a watch without an outcome: nobody is told. One that is over, and may be watched again, is let go. */
export async function stopWatch(
  table: LedgerTable,
  key: WatchKey,
  at: Instant,
  expiresAt: Instant,
): Promise<"stopped" | "over" | "missing"> {
  const stopped = await change(table, {
    key: watchItemKey(key),
    set: { ...OVER, ...NOT_DUE, state: "stopped", concludedAt: at, expiresAt: timeToLive(expiresAt) },
    condition: "#state = :watching",
    values: { watching: "watching" },
  });
  if (stopped.kind === "written") return "stopped";
  const found = await get(table, watchItemKey(key));
  if (found === null) return "missing";
  const { state } = readWatchItem(found);
  if (RESTARTABLE.includes(state)) {
    const condition = "#state = :state";
    await change(table, { key: watchItemKey(key), set: { restartable: true }, condition, values: { state } });
  }
  return "over";
}
