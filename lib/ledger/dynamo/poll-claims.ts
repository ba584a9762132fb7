import * as z from "zod/mini";
import type { Job, WatchKey } from "../../domain/job.ts";
import { unwrapLazy } from "../../domain/zod-fields.ts";
import { truncateObservedJob, truncateObservedText, truncateReadyTexts } from "../watch.ts";
import { pollOverdueAt } from "../watch-deliveries-and-overdue-times.ts";
import type { PollClaim, PollOfMessage, PollToClaim } from "../watch-ledger.ts";
import {
  compressJson,
  compressTruncatedTree,
  computeShortHashOfTreeJson,
  decompressBytes,
  INLINE_TREE_BYTES,
  MAX_CHANGED_JSON_LENGTH,
} from "./compressed-tree.ts";
import type { StoredValues } from "./expression.ts";
import {
  ceilToEpochSeconds,
  type LedgerOperation,
  type LedgerTable,
  parseItemOrThrow,
  readItemAndParseOrThrow,
  readRawItem,
  upsertItem,
} from "./item-operations.ts";
import { treeItemKey, watchItemKey } from "./keys.ts";
import { roundedOverdueIndexAttributesKeepingOrder } from "./overdue-index.ts";
import { encodeLatestInstants, NO_LEASE, toWatch, WatchItem } from "./watch-item.ts";

/**
 * The time from the deadline of a watch to the expiry of the tree item of the watch. While the watch is running, the
 * ledger needs the tree item. A watch ends at most a week and an hour after its deadline. When a watch has ended, the
 * stored outcome contains the tree.
 */
const TREE_RETENTION_MS = 8 * 86_400_000;

/** The attributes of the watch item that determine how the ledger stores the tree of the next poll. */
const TreeState = z.lazy(() =>
  z.pick(unwrapLazy(WatchItem), { treeHash: true, treeChange: true, deadlineAt: true, expiresAt: true }),
);
type TreeState = z.infer<typeof TreeState>;
const NO_TREE: TreeState = { treeHash: null, treeChange: null, deadlineAt: 0, expiresAt: null };

/** The tree of a tree item. `treeHash` is the hash of the latest tree of the watch, which may be newer. */
interface BaseTree {
  readonly json: Uint8Array;
  readonly expirySeconds: number;
  readonly treeHash: string;
}

/** A cache of trees of subjobs, so that most polls do not read a tree from DynamoDB. */
interface TreeMemory {
  /**
   * The tree attributes of the watch item at the claim of each poll. Only the process with the claim changes the tree
   * attributes, so the stored values stay correct during the claim.
   */
  readonly claimed: Map<string, TreeState>;
  /**
   * The content of the tree item of each watch. The content is valid only while `treeHash` is equal to `treeHash` in
   * the watch item.
   */
  readonly bases: Map<string, BaseTree>;
}
/** The maximum number of watches whose trees a process remembers. */
const MAX_TREES = 200;
const memories = new WeakMap<LedgerTable, TreeMemory>();

const watchId = ({ project, jobId, caller }: WatchKey) => JSON.stringify([project, jobId, caller]);
const claimId = ({ key, poll, messageId }: PollOfMessage) => JSON.stringify([watchId(key), poll, messageId]);

/** Each call costs one DynamoDB write. If the poll cannot be claimed, the call also costs one read. */
export const claimPoll: LedgerOperation<"claimPoll"> = async (table, wanted) => {
  const { key, poll, messageId, now, leaseMs } = wanted;
  const claimed = await upsertItem(table, {
    key: watchItemKey(key),
    set: { poll, owner: messageId, leaseUntil: now + leaseMs, pollDone: false },
    add: { unfinishedTries: 1 },
    condition: `#state = :watching AND (#poll < :poll
      OR #poll = :poll AND #pollDone = :no AND #leaseUntil < :now)`,
    values: { watching: "watching", poll, no: false, now },
    returnValues: "ALL_OLD",
  });
  if (claimed === null) return explainRefusal(table, wanted);
  const before = parseItemOrThrow(WatchItem, claimed);
  remember(memoryOf(table).claimed, claimId(wanted), before);
  const watch = toWatch({ ...before, poll, pollDone: false });
  const reclaimed = before.poll === poll;
  return { kind: "claimed", watch, reclaimed, unfinishedTries: reclaimed ? before.unfinishedTries : 0 };
};

/** Each call costs one DynamoDB write. */
export const undoPollClaim: LedgerOperation<"undoPollClaim"> = async (table, { key, poll, messageId }) => {
  await upsertItem(table, {
    key: watchItemKey(key),
    set: { leaseUntil: 0 },
    add: { unfinishedTries: -1 },
    condition: `#state = :watching AND #poll = :poll AND #pollDone = :no AND #owner = :me
      AND #leaseUntil > :undone`,
    values: { watching: "watching", poll, no: false, me: messageId, undone: 0 },
  });
};

async function explainRefusal(table: LedgerTable, { key, poll, messageId }: PollToClaim): Promise<PollClaim> {
  const found = await readItemAndParseOrThrow(table, WatchItem, watchItemKey(key));
  if (found === null) return { kind: "stale", reason: "missing" };
  if (found.state !== "watching") return { kind: "stale", reason: "over" };
  if (found.poll > poll) return { kind: "stale", reason: "superseded" };
  if (found.pollDone) return { kind: "stale", reason: "done" };
  return { kind: found.owner === messageId ? "own_lease" : "other_owner" };
}

/**
 * Each call costs one DynamoDB write. If a large tree has changed, the call also costs one read. If the changes are too
 * large for the watch item, the call also writes the tree item. The call writes the watch item first, so an error while
 * it writes the tree item does not lose the result of the poll.
 */
export const recordPoll: LedgerOperation<"recordPoll"> = async (table, record) => {
  const { key, poll, messageId, nextPollAt, accessError, lastPollError, tree } = record;
  const memory = memoryOf(table);
  const stored = memory.claimed.get(claimId(record)) ?? NO_TREE;
  const {
    set: changedTree,
    treeItem,
    base,
  } = tree === null ? NO_CHANGE : await planTreeChange(table, key, tree, stored);
  const overdue = roundedOverdueIndexAttributesKeepingOrder(table, key, pollOverdueAt(nextPollAt));
  const recorded = await upsertItem(table, {
    key: watchItemKey(key),
    set: {
      ...NO_LEASE,
      ...truncateObservedJob(record),
      ...(record.ready === undefined ? {} : { ready: JSON.stringify(truncateReadyTexts(record.ready)) }),
      ...overdue.set,
      ...changedTree,
      pollDone: true,
      nextPollAt,
      ...(record.slowAt === undefined ? {} : { slowAt: record.slowAt }),
      consecutiveFailures: record.consecutiveFailures,
      accessError: accessError?.kind ?? null,
      accessErrorSince: accessError?.since ?? null,
      lastPollError: truncateObservedText(lastPollError?.text ?? null),
      lastPollErrorSince: lastPollError?.since ?? null,
      polledAt: encodeLatestInstants(record.polledAt),
    },
    setIfAbsent: overdue.setIfAbsent,
    add: record.rateLimited ? { rateLimitedPolls: 1 } : {},
    condition: "#state = :watching AND #poll = :poll AND #pollDone = :no AND #owner = :me",
    values: { watching: "watching", poll, no: false, me: messageId },
    // The expiry time of the tree item depends on the old attributes of the watch item.
    ...(treeItem !== null && { returnValues: "ALL_OLD" }),
  });
  if (recorded === null) return "superseded";
  if (base !== null) remember(memory.bases, watchId(key), base);
  if (treeItem === null) return "recorded";
  try {
    const expiresAt = treeExpirySeconds(parseItemOrThrow(TreeState, recorded));
    await upsertItem(table, { key: treeItemKey(key), set: { tree: treeItem, expiresAt } });
  } catch (error) {
    memory.bases.delete(watchId(key));
    // The ledger could not write the tree item. Without `treeHash` in the watch item, the next poll writes the tree
    // item.
    await upsertItem(table, {
      key: watchItemKey(key),
      set: { treeHash: null },
      condition: "#treeHash = :hash",
      values: { hash: changedTree.treeHash ?? null },
    });
    throw error;
  }
  return "recorded";
};

interface TreeChange {
  /** The attributes of the watch item that change. */
  readonly set: StoredValues;
  /** The new content of the tree item, or null if the tree item does not change. */
  readonly treeItem: Uint8Array | null;
  /** The new entry for the cache of tree items, or null. */
  readonly base: BaseTree | null;
}
const NO_CHANGE: TreeChange = { set: {}, treeItem: null, base: null };

/**
 * Decides how to store a tree. A small tree goes into the watch item. A large tree goes into the tree item. Later
 * changes of a large tree go into the watch item, because every poll writes the watch item anyway.
 * @param stored the tree attributes of the watch item before the poll
 */
async function planTreeChange(
  table: LedgerTable,
  key: WatchKey,
  tree: Job,
  stored: TreeState,
): Promise<TreeChange> {
  const json = JSON.stringify(tree);
  const treeHash = computeShortHashOfTreeJson(json);
  if (treeHash === stored.treeHash) return NO_CHANGE;
  const packed = compressTruncatedTree(tree);
  if (packed.length <= INLINE_TREE_BYTES)
    return { set: { tree: packed, treeHash, treeChange: null }, treeItem: null, base: null };
  if (json.length > MAX_CHANGED_JSON_LENGTH)
    return { set: { tree: null, treeHash, treeChange: null }, treeItem: packed, base: null };
  const before = await findBaseTree(table, key, stored);
  const treeChange = before === null ? null : compressJson(tree, before.json);
  if (before !== null && treeChange !== null && treeChange.length <= INLINE_TREE_BYTES)
    return { set: { tree: null, treeHash, treeChange }, treeItem: null, base: { ...before, treeHash } };
  const base = { json: Buffer.from(json), expirySeconds: treeExpirySeconds(stored), treeHash };
  return { set: { tree: null, treeHash, treeChange: null }, treeItem: packed, base };
}

/**
 * Returns the tree of the tree item. If the tree item is missing, old, or expires too early, the result is null. If the
 * result is null, the calling function writes a new tree item. The read is eventually consistent, which costs half as
 * much.
 */
async function findBaseTree(table: LedgerTable, key: WatchKey, before: TreeState): Promise<BaseTree | null> {
  const { treeHash, treeChange } = before;
  if (treeHash === null) return null;
  const known = memoryOf(table).bases.get(watchId(key));
  const base = known?.treeHash === treeHash ? known : await readBaseTree(table, key, treeHash);
  if (base === null || base.expirySeconds < treeExpirySeconds(before)) return null;
  // Without `treeChange` in the watch item, the tree item must contain the latest tree.
  return treeChange === null && computeShortHashOfTreeJson(base.json) !== treeHash ? null : base;
}

async function readBaseTree(table: LedgerTable, key: WatchKey, treeHash: string): Promise<BaseTree | null> {
  // If the tree item cannot be read, the ledger must still store the result of the poll.
  const item = await readRawItem(table, treeItemKey(key), undefined, false).catch(() => null);
  if (item?.tree?.B === undefined) return null;
  return { json: decompressBytes(item.tree.B), expirySeconds: Number(item.expiresAt?.N), treeHash };
}

function memoryOf(table: LedgerTable): TreeMemory {
  const memory = memories.get(table) ?? { claimed: new Map(), bases: new Map() };
  memories.set(table, memory);
  return memory;
}

function remember<Value>(values: Map<string, Value>, id: string, value: Value): void {
  if (values.size === MAX_TREES) values.clear();
  values.set(id, value);
}

function treeExpirySeconds({ deadlineAt, expiresAt }: TreeState): number {
  return Math.min(expiresAt ?? Infinity, ceilToEpochSeconds(deadlineAt + TREE_RETENTION_MS));
}
