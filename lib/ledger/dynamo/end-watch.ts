import * as z from "zod/mini";
import type { Instant, Outcome, WatchKey } from "../../domain/job.ts";
import { parseJsonOrUndefined } from "../../domain/json.ts";
import { OutcomeSummary } from "../../domain/outcome-summary.ts";
import { TextNullByDefault } from "../../domain/zod-fields.ts";
import {
  findSharedGenerationsOfTargetsAddedAfterEnd,
  type NotificationGenerations,
  type StartedGeneration,
} from "../notification.ts";
import { type StoredOutcome, truncateEndedJob } from "../watch.ts";
import { deliveriesOverdueAt } from "../watch-deliveries-and-overdue-times.ts";
import {
  compressJson,
  compressTruncatedTree,
  decompressJson,
  decompressTree,
  MAX_TREE_BYTES,
} from "./compressed-tree.ts";
import { encodeLatestInstants } from "./encoded-instants.ts";
import type { StoredValues } from "./expression.ts";
import {
  ceilToEpochSeconds,
  createItemIfAbsent,
  type Item,
  type LedgerOperation,
  type LedgerTable,
  parseItemOrThrow,
  readItemAndParseOrThrow,
  readRawItem,
  upsertItem,
} from "./item-operations.ts";
import { callerDataItemKey, outcomeItemKey, watchItemKey } from "./keys.ts";
import { overdueIndexAttributes, roundedOverdueIndexAttributesKeepingOrder } from "./overdue-index.ts";
import { createRequestToken } from "./request-token.ts";
import { listJobWatchesNewestFirst, NO_LEASE, WatchItem } from "./watch-item.ts";

const OVER = { ...NO_LEASE, pollDone: true, nextPollAt: null };

/**
 * Outcomes after which a caller can restart the watch. After the outcomes `timed_out` and `lost`, the job may still be
 * running.
 */
const RESTARTABLE: readonly string[] = ["timed_out", "lost"] satisfies Outcome[];

const Bytes = z.instanceof(Uint8Array);
const Generations = z.lazy(() => z.record(z.string(), z.int()));
const OutcomeItem = z.lazy(() =>
  z.object({
    summary: Bytes,
    tree: z._default(z.nullable(Bytes), null),
    /** The JSON text of `NotificationGenerations`, or null for an empty object. */
    generations: TextNullByDefault,
  }),
);

export const endWatchUnlessTargetsAdded: LedgerOperation<"endWatchUnlessTargetsAdded"> = async (
  table,
  end,
) => {
  const { key, acceptedAt, outcome, concludedAt } = end;
  const targets = new Set(end.targets);
  const requestToken = createRequestToken();
  const overdue =
    targets.size === 0
      ? { set: overdueIndexAttributes(key, null), setIfAbsent: {} }
      : roundedOverdueIndexAttributesKeepingOrder(table, key, deliveriesOverdueAt(concludedAt));
  const ended = await upsertItem(table, {
    key: watchItemKey(key),
    set: {
      ...OVER,
      ...overdue.set,
      ...(end.job === undefined ? {} : { ...truncateEndedJob(end.job) }),
      state: outcome,
      requestToken,
      concludedAt,
      polledAt: encodeLatestInstants(end.polledAt),
      expiresAt: ceilToEpochSeconds(end.expiresAt),
    },
    setIfAbsent: overdue.setIfAbsent,
    condition: `#state = :watching AND #acceptedAt = :acceptedAt
      AND ${targets.size === 0 ? "attribute_not_exists(#targets)" : "#targets = :targets"}`,
    values: { watching: "watching", acceptedAt, targets },
    returnValues: "ALL_OLD",
  });
  const found =
    ended === null
      ? await readItemAndParseOrThrow(table, WatchItem, watchItemKey(key))
      : parseItemOrThrow(WatchItem, ended);
  if (found !== null && (ended !== null || found.requestToken === requestToken)) {
    await expireCallerItem(table, key, found, end.expiresAt);
    return { kind: "ended" };
  }
  if (found?.state !== "watching" || found.acceptedAt !== acceptedAt) return { kind: "over" };
  return { kind: "targets_changed", targets: found.targets.toSorted() };
};

/** Makes the caller item expire together with its watch. The caller item contains names and labels of the caller. */
async function expireCallerItem(
  table: LedgerTable,
  key: WatchKey,
  { hasCallerItem, generation }: WatchItem,
  expiresAt: Instant,
): Promise<void> {
  if (!hasCallerItem) return;
  await upsertItem(table, {
    key: callerDataItemKey({ ...key, generation }),
    set: { expiresAt: ceilToEpochSeconds(expiresAt) },
    condition: "attribute_exists(pk)",
  });
}

export const stopWatch: LedgerOperation<"stopWatch"> = async (table, key, at, expiresAt) => {
  const requestToken = createRequestToken();
  const stopped = await upsertItem(table, {
    key: watchItemKey(key),
    set: {
      ...OVER,
      ...overdueIndexAttributes(key, null),
      state: "stopped",
      requestToken,
      concludedAt: at,
      expiresAt: ceilToEpochSeconds(expiresAt),
    },
    condition: "#state = :watching",
    values: { watching: "watching" },
    returnValues: "ALL_OLD",
  });
  const found =
    stopped === null
      ? await readItemAndParseOrThrow(table, WatchItem, watchItemKey(key))
      : parseItemOrThrow(WatchItem, stopped);
  if (found === null) return "missing";
  if (stopped !== null || found.requestToken === requestToken) {
    await expireCallerItem(table, key, found, expiresAt);
    return "stopped";
  }
  const { state } = found;
  if (RESTARTABLE.includes(state)) {
    await upsertItem(table, {
      key: watchItemKey(key),
      set: { restartable: true },
      condition: "#state = :state",
      values: { state },
    });
  }
  return "over";
};

export const getOrCreateOutcome: LedgerOperation<"getOrCreateOutcome"> = async (
  table,
  key,
  outcome,
  expiresAt,
) => {
  const { summary, generations } = outcome;
  const created = await createItemIfAbsent(
    table,
    outcomeItemKey(key),
    toOutcomeAttributes(outcome, expiresAt),
  );
  if (created) return { summary, generations };
  return (await readOutcomeWithoutTree(table, key)) ?? { summary, generations };
};

export function toOutcomeAttributes(
  { summary, tree, generations }: StoredOutcome,
  expiresAt: Instant,
): StoredValues {
  const packed = compressJson(summary);
  return {
    summary: packed,
    tree: tree === null ? null : compressTruncatedTree(tree, MAX_TREE_BYTES - packed.length),
    generations: Object.keys(generations).length === 0 ? null : JSON.stringify(generations),
    expiresAt: ceilToEpochSeconds(expiresAt),
  };
}

/**
 * Reads an outcome summary without its tree of subjobs. A tree can be large, and a digest needs up to a hundred
 * outcomes.
 */
export const readOutcomeWithoutTree: LedgerOperation<"readOutcomeWithoutTree"> = async (table, key) => {
  const item = await readRawItem(table, outcomeItemKey(key), ["pk", "summary", "generations", "v"]);
  if (item === null) return null;
  const { summary, generations } = toStoredOutcome(item);
  return { summary, generations };
};

/**
 * Computes and stores the generations for notification keys of targets that a call adds to an ended watch. Each call
 * costs one query. If a generation differs from the generation of the watch, the call also costs one read and one
 * write.
 */
export async function saveGenerationsOfTargetsAddedAfterEnd(
  table: LedgerTable,
  watch: StartedGeneration,
  addedTargets: readonly string[],
): Promise<NotificationGenerations> {
  const late = findSharedGenerationsOfTargetsAddedAfterEnd(
    watch,
    addedTargets,
    await listJobWatchesNewestFirst(table, watch),
  );
  if (Object.keys(late).length === 0) return late;
  const stored = await readOutcomeWithoutTree(table, watch);
  await upsertItem(table, {
    key: outcomeItemKey(watch),
    set: { generations: JSON.stringify({ ...stored?.generations, ...late }) },
    condition: "attribute_exists(#summary)",
  });
  return late;
}

export function toStoredOutcome(item: Item): StoredOutcome {
  const { summary, tree, generations } = parseItemOrThrow(OutcomeItem, item);
  return {
    generations: Generations.parse(parseJsonOrUndefined(generations ?? "{}")),
    summary: OutcomeSummary.parse(decompressJson(summary)),
    tree: tree === null ? null : decompressTree(tree),
  };
}
