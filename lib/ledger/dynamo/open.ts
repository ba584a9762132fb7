import { pollDueAt, settleDueAt } from "../due.ts";
import type { NewWatch, OpenResult } from "../watch-ledger.ts";
import { inlineCallerData, saveCallerData } from "./acceptance.ts";
import { timeToLive } from "./item.ts";
import { overdueShard, watchItemKey } from "./keys.ts";
import { change, create, get, type LedgerTable } from "./table.ts";
import { NO_LEASE, readWatchItem, toWatch, type WatchItem } from "./watch-item.ts";

/** How often two calls for the same job may cross before we give up: each round means that somebody else got through. */
const ROUNDS = 8;

/** Accepts a watch, takes a stopped one up again, or adds to one that is there. One request for a new watch. */
export async function openWatch(table: LedgerTable, watch: NewWatch): Promise<OpenResult> {
  const inline = inlineCallerData(watch);
  if (inline === null) await keep(table, watch, 0);
  const fresh = { state: "watching", poll: 0, pollDone: true, project: watch.project, ...running(watch) };
  const targets = new Set(watch.targets);
  const { digestId } = watch;
  for (let round = 0; round < ROUNDS; round += 1) {
    const created = await create(table, watchItemKey(watch), {
      ...fresh,
      ...(inline ?? { more: true }),
      targets,
      digestId,
    });
    if (created.kind === "written") return { kind: "accepted", poll: 1 };
    const item = await get(table, watchItemKey(watch));
    if (item === null) continue;
    const found = readWatchItem(item);
    const opened =
      found.state === "stopped" || found.restartable
        ? await reopen(table, watch, found)
        : await join(table, watch, found);
    if (opened !== null) return opened;
  }
  throw new Error("the watch changed too often to be opened");
}

/** The poll goes on counting, so that whatever is left of the polls before stays behind it. All else begins anew. */
async function reopen(table: LedgerTable, watch: NewWatch, found: WatchItem): Promise<OpenResult | null> {
  const generation = found.generation + 1;
  await keep(table, watch, generation);
  const reopened = await change(table, {
    key: watchItemKey(watch),
    set: {
      state: "watching",
      generation,
      restartable: null,
      pollDone: true,
      more: true,
      concludedAt: null,
      consecutiveFailures: 0,
      accessError: null,
      accessErrorSince: null,
      lastPollError: null,
      lastPollErrorSince: null,
      context: null,
      tree: null,
      treeHash: null,
      polledAt: null,
      phase: null,
      jobType: null,
      resourceName: null,
      rateLimitedPolls: 0,
      previousPolls: found.poll,
      targets: new Set(watch.targets),
      digestId: watch.digestId,
      ...NO_LEASE,
      ...running(watch),
    },
    condition: "#state = :state AND #poll = :poll",
    values: { state: found.state, poll: found.poll },
  });
  return reopened.kind === "written" ? { kind: "accepted", poll: found.poll + 1, generation } : null;
}

/** A target is added only after its callback is kept, so that whoever sees the target also finds where it is. */
async function join(table: LedgerTable, watch: NewWatch, found: WatchItem): Promise<OpenResult | null> {
  const brings = Object.keys(watch.callbacks).length > 0;
  const isNew = watch.targets.some((target) => !found.targets.includes(target));
  if (!isNew && !brings) return { kind: "already_watching", watch: toWatch(found), addedTargets: [] };
  if (brings) await keep(table, watch, found.generation);
  const over = found.state !== "watching";
  const joined = await change(table, {
    key: watchItemKey(watch),
    set: {
      ...(brings ? { more: true } : {}),
      ...(over && isNew ? { dueAt: settleDueAt(watch.acceptedAt), dueShard: overdueShard(watch) } : {}),
    },
    add: isNew ? { targets: new Set(watch.targets) } : {},
    condition: "#state = :state",
    values: { state: found.state },
    answer: "ALL_OLD",
  });
  if (joined.kind === "refused") return null;
  const before = readWatchItem(joined.item);
  const addedTargets = watch.targets.filter((target) => !before.targets.includes(target));
  const targets = [...before.targets, ...addedTargets];
  return { kind: "already_watching", watch: toWatch({ ...before, targets }), addedTargets };
}

function keep(table: LedgerTable, watch: NewWatch, generation: number): Promise<void> {
  const { project, jobId } = watch;
  return saveCallerData(table, { project, jobId, generation }, watch, timeToLive(watch.expiresAt));
}

function running(watch: NewWatch) {
  const { acceptedAt, deadlineAt, nextPollAt } = watch;
  const due = { dueAt: pollDueAt(nextPollAt), dueShard: overdueShard(watch) };
  return { acceptedAt, deadlineAt, nextPollAt, ...due, expiresAt: timeToLive(watch.expiresAt) };
}
