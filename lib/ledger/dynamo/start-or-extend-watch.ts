import { findExceededLimit, isRestartedByCall, NO_LIMITS, type WatchLimits } from "../watch.ts";
import { deliveriesOverdueAt, pollOverdueAt } from "../watch-deliveries-and-overdue-times.ts";
import type { NewWatch, OpenResult } from "../watch-ledger.ts";
import {
  addCallbacksAndSaveFirstContext,
  callerAttributesIfSmall,
  copyCallerDataAndReturnAttributesToRemove,
} from "./caller-data.ts";
import { saveGenerationsOfTargetsAddedAfterEnd } from "./end-watch.ts";
import type { StoredValues } from "./expression.ts";
import {
  ceilToEpochSeconds,
  createItemIfAbsent,
  type Item,
  type LedgerOperation,
  type LedgerTable,
  parseItemOrThrow,
  readRawItem,
  upsertItem,
} from "./item-operations.ts";
import { watchItemKey } from "./keys.ts";
import { overdueIndexAttributes, roundUpToLastMsBeforeNextSweep } from "./overdue-index.ts";
import { createRequestToken } from "./request-token.ts";
import { listJobWatchesNewestFirst, NO_LEASE, toWatch, WatchItem } from "./watch-item.ts";

/**
 * The maximum number of times that `startOrExtendWatch` tries to write a watch. A try fails if another call changes
 * the watch at the same time.
 */
const ROUNDS = 8;

export const startOrExtendWatch: LedgerOperation<"startOrExtendWatch"> = async (table, watch) => {
  const inline = callerAttributesIfSmall(watch);
  const key = watchItemKey(watch);
  const requestToken = createRequestToken();
  const attributes = {
    ...startAttributes(table, watch, requestToken),
    ...(inline ?? { hasCallerItem: true }),
    project: watch.project,
    generation: 0,
    poll: 0,
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    // For a new watch, the function stores large caller data (context and callbacks) before the watch. The function
    // first checks that the watch does not exist, because the caller data must not become part of an existing watch
    // generation.
    const before = inline === null ? await readRawItem(table, key) : null;
    if (before === null) {
      if (inline === null) await addCallbacksAndSaveFirstContext(table, watch, 0);
      const created = await createItemIfAbsent(table, key, attributes);
      if (created) return { kind: "accepted", poll: 1, generation: 0 };
    }
    const item = before ?? (await readRawItem(table, key));
    if (item === null) continue;
    const found = parseItemOrThrow(WatchItem, item);
    if (found.requestToken === requestToken)
      return { kind: "accepted", poll: found.poll + 1, generation: found.generation };
    const { operation } = toWatch(found);
    const result = isRestartedByCall({ ...found, operation }, watch.operation)
      ? await restartWatch(table, watch, found, item, requestToken)
      : await extendWatch(table, watch, found);
    if (result !== null) return result;
  }
  throw new Error(`The watch was not opened. Other calls changed the watch during all ${ROUNDS} tries.`);
};

/**
 * Restarts a watch as a new generation. If another call has changed the watch in the meantime, the result is null. The
 * number of the next poll is higher than all earlier poll numbers, so old poll messages have no effect. A restart costs
 * one query more than a new watch, because the new generation must be above all generations of the job's watches.
 */
async function restartWatch(
  table: LedgerTable,
  watch: NewWatch,
  found: WatchItem,
  item: Item,
  requestToken: string,
): Promise<OpenResult | null> {
  const others = await listJobWatchesNewestFirst(table, watch);
  const generation = 1 + Math.max(found.generation, ...others.map((other) => other.generation));
  const removed = await copyCallerDataAndReturnAttributesToRemove(table, item);
  await addCallbacksAndSaveFirstContext(table, watch, generation);
  const restarted = await upsertItem(table, {
    key: watchItemKey(watch),
    set: {
      ...NO_LEASE,
      ...startAttributes(table, watch, requestToken),
      generation,
      previousPolls: found.poll,
      rateLimitedPolls: null,
      restartable: null,
      hasCallerItem: true,
      ...removed,
      concludedAt: null,
      consecutiveFailures: null,
      accessError: null,
      accessErrorSince: null,
      lastPollError: null,
      lastPollErrorSince: null,
      tree: null,
      treeHash: null,
      treeChange: null,
      ready: null,
      slowAt: null,
      polledAt: null,
      phase: null,
      resourceName: null,
      cause: null,
      durationSeconds: null,
    },
    condition: "#state = :state AND #poll = :poll",
    values: { state: found.state, poll: found.poll },
  });
  if (restarted === null) return null;
  return { kind: "accepted", poll: found.poll + 1, generation };
}

/**
 * Adds the targets and callbacks of a call to a watch. If the deadline of the call is later, a running watch gets the
 * deadline of the call. If another call has changed the state or the deadline in the meantime, the result is null. The
 * function first stores the callback URL and then the target, so that a stored target always has a stored URL.
 */
async function extendWatch(
  table: LedgerTable,
  watch: NewWatch,
  found: WatchItem,
): Promise<OpenResult | null> {
  const { state } = found;
  const hasCallbacks = Object.keys(watch.callbacks).length > 0;
  const newTargets = watch.targets.filter((target) => !found.targets.includes(target));
  const exceeded = findExceededLimit(found.targets, newTargets, watch.limits);
  if (exceeded !== null) return { kind: "limit_exceeded", limit: exceeded };
  const hasNewTargets = newTargets.length > 0;
  const isWatching = state === "watching";
  const isLater = isWatching && watch.deadlineAt > found.deadlineAt;
  const isReadyLonger = isWatching && (watch.readyMinutes ?? 0) > (found.readyMinutes ?? 0);
  if (!hasNewTargets && !hasCallbacks && !isLater && !isReadyLonger)
    return { kind: "already_watching", watch: toWatch(found), addedTargets: [], generations: {} };
  if (hasCallbacks || (isLater && found.hasCallerItem))
    await addCallbacksAndSaveFirstContext(table, watch, found.generation);
  const needsSweep = !isWatching && hasNewTargets;
  const generations = needsSweep
    ? await saveGenerationsOfTargetsAddedAfterEnd(table, toWatch(found), newTargets)
    : {};
  const deadlineAt = isLater ? watch.deadlineAt : found.deadlineAt;
  const readyMinutes = (isReadyLonger ? watch.readyMinutes : found.readyMinutes) ?? null;
  const most = hasNewTargets ? mostTargetsBefore(found, newTargets.length, watch.limits) : null;
  const extended = await upsertItem(table, {
    key: watchItemKey(watch),
    set: {
      ...(hasCallbacks ? { hasCallerItem: true } : {}),
      ...(isLater ? { deadlineAt, expiresAt: ceilToEpochSeconds(watch.expiresAt) } : {}),
      ...(isReadyLonger ? { readyMinutes } : {}),
      ...(needsSweep ? overdueIndexAttributes(watch, deliveriesOverdueAt(watch.acceptedAt)) : {}),
    },
    add: hasNewTargets ? { targets: new Set(watch.targets) } : {},
    condition: `#state = :state AND #deadlineAt = :found${
      most === null ? "" : " AND (attribute_not_exists(#targets) OR size(#targets) <= :most)"
    }`,
    values: { state, found: found.deadlineAt, most },
    returnValues: "ALL_OLD",
  });
  if (extended === null) return null;
  const before = parseItemOrThrow(WatchItem, extended);
  const addedTargets = watch.targets.filter((target) => !before.targets.includes(target));
  const targets = [...before.targets, ...addedTargets];
  return {
    kind: "already_watching",
    watch: toWatch({ ...before, targets, deadlineAt, readyMinutes }),
    addedTargets,
    generations,
  };
}

/**
 * Returns the maximum number of targets that the watch may have before the new targets are written. If another call has
 * added targets in the meantime, DynamoDB may refuse the write because of the maximum. Without the maximum, two
 * simultaneous calls could together exceed a limit of the watch. Without a limit, the result is null.
 */
function mostTargetsBefore(
  { targets }: WatchItem,
  added: number,
  limits: WatchLimits = NO_LIMITS,
): number | null {
  const { callbacksPerWatch, targetsPerWatch } = limits;
  if (callbacksPerWatch === 0 || targetsPerWatch === 0) return null;
  return Math.max(targets.length, callbacksPerWatch + targetsPerWatch - added);
}

function startAttributes(table: LedgerTable, watch: NewWatch, requestToken: string): StoredValues {
  const { acceptedAt, deadlineAt, readyMinutes = null, nextPollAt, digestId, traceparent } = watch;
  const { operation = null } = watch;
  return {
    ...overdueIndexAttributes(watch, roundUpToLastMsBeforeNextSweep(table, pollOverdueAt(nextPollAt))),
    state: "watching",
    requestToken,
    pollDone: true,
    acceptedAt,
    deadlineAt,
    readyMinutes,
    operation: operation === null ? null : JSON.stringify(operation),
    jobType: operation?.kind ?? null,
    nextPollAt,
    targets: new Set(watch.targets),
    digestId,
    traceparent,
    expiresAt: ceilToEpochSeconds(watch.expiresAt),
  };
}
