import * as z from "zod/mini";
import type { Job } from "../../domain/job.ts";
import { pollOverdueAt, truncateObservedJob, truncateObservedText, truncateReadyTexts } from "../watch.ts";
import type { PollClaim, PollToClaim } from "../watch-ledger.ts";
import {
  compressTruncatedTree,
  hashTree,
  type LedgerOperation,
  type LedgerTable,
  parseItem,
  readParsedItem,
  updateItem,
} from "./item-operations.ts";
import { treeItemKey, watchItemKey } from "./keys.ts";
import { encodeLatestInstants, NO_LEASE, overdueTimeChange, toWatch, WatchItem } from "./watch-item.ts";

/**
 * The maximum size of a compressed tree of subjobs in the watch item. A compressed tree of a few subjobs has less
 * than 250 bytes.
 */
const INLINE_TREE_BYTES = 250;

/**
 * The compressed trees of subjobs by the hash of the tree, or null for a tree that does not fit into the watch item. The
 * service remembers these trees, because the tree of subjobs is usually the same as in the previous poll, and
 * compression is slow.
 */
const packedTrees = new Map<string, Uint8Array | null>();
const MAX_PACKED_TREES = 1000;

/**
 * `claimPoll` costs one write to DynamoDB. If the ledger refuses the claim of the poll, `claimPoll` also costs one
 * read.
 */
export const claimPoll: LedgerOperation<"claimPoll"> = async (table, wanted) => {
  const { key, poll, messageId, now, leaseMs } = wanted;
  const claimed = await updateItem(table, {
    key: watchItemKey(key),
    set: { poll, owner: messageId, leaseUntil: now + leaseMs, pollDone: false },
    add: { unfinishedTries: 1 },
    condition: `#state = :watching AND (#poll < :poll
      OR (#poll = :poll AND #pollDone = :no AND #leaseUntil < :now))`,
    values: { watching: "watching", poll, no: false, now },
    returnValues: "ALL_OLD",
  });
  if (claimed === null) return explainRefusal(table, wanted);
  const before = parseItem(WatchItem, claimed);
  const watch = toWatch({ ...before, poll, pollDone: false });
  const reclaimed = before.poll === poll;
  return { kind: "claimed", watch, reclaimed, unfinishedTries: reclaimed ? before.unfinishedTries : 0 };
};

/** `undoPollClaim` costs one write to DynamoDB. */
export const undoPollClaim: LedgerOperation<"undoPollClaim"> = async (table, { key, poll, messageId }) => {
  await updateItem(table, {
    key: watchItemKey(key),
    set: { leaseUntil: 0 },
    add: { unfinishedTries: -1 },
    condition: `#state = :watching AND #poll = :poll AND #pollDone = :no AND #owner = :me
      AND #leaseUntil > :undone`,
    values: { watching: "watching", poll, no: false, me: messageId, undone: 0 },
  });
};

async function explainRefusal(table: LedgerTable, { key, poll, messageId }: PollToClaim): Promise<PollClaim> {
  const found = await readParsedItem(table, WatchItem, watchItemKey(key));
  if (found === null) return { kind: "stale", reason: "missing" };
  if (found.state !== "watching") return { kind: "stale", reason: "over" };
  if (found.poll > poll) return { kind: "stale", reason: "superseded" };
  if (found.pollDone) return { kind: "stale", reason: "done" };
  return { kind: found.owner === messageId ? "own_lease" : "other_owner" };
}

/**
 * The attributes of the watch item that decide whether the ledger must write the tree item (the item of a large tree).
 */
const TreeState = z.pick(WatchItem, { treeHash: true, expiresAt: true });

/**
 * `recordPoll` costs one write to DynamoDB. If a large tree of subjobs has changed, `recordPoll` costs two writes. The
 * ledger writes a large tree last, so that the result of the poll is stored even if the tree cannot be stored.
 */
export const recordPoll: LedgerOperation<"recordPoll"> = async (table, record) => {
  const { key, poll, messageId, nextPollAt, accessError, lastPollError, tree } = record;
  const hash = tree === null ? null : hashTree(tree);
  const packed = tree === null || hash === null ? null : packUnlessLarge(tree, hash);
  const inline = packed !== null && packed.length <= INLINE_TREE_BYTES ? packed : null;
  const overdue = overdueTimeChange(table, key, pollOverdueAt(nextPollAt));
  const recorded = await updateItem(table, {
    key: watchItemKey(key),
    set: {
      ...NO_LEASE,
      ...truncateObservedJob(record),
      ...(record.ready === undefined ? {} : { ready: JSON.stringify(truncateReadyTexts(record.ready)) }),
      ...overdue.set,
      ...(tree === null ? {} : { tree: inline, treeHash: hash }),
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
    // Only a poll with a large tree of subjobs needs the attributes of the item before the write.
    ...(tree !== null && inline === null && { returnValues: "ALL_OLD" }),
  });
  if (recorded === null) return "superseded";
  if (tree === null || inline !== null) return "recorded";
  const before = parseItem(TreeState, recorded);
  if (before.treeHash === hash) return "recorded";
  try {
    await updateItem(table, {
      key: treeItemKey(key),
      set: { tree: packed ?? compressTruncatedTree(tree), expiresAt: before.expiresAt },
    });
  } catch (error) {
    // Without the stored hash, the tree of subjobs counts as changed. The next poll that finds the same tree then
    // stores the tree.
    await updateItem(table, {
      key: watchItemKey(key),
      set: { treeHash: null },
      condition: "#treeHash = :hash",
      values: { hash },
    });
    throw error;
  }
  return "recorded";
};

/**
 * Returns the compressed tree of subjobs. Returns null if the same tree was too large for the watch item before. A tree
 * with a known hash is not compressed again.
 */
function packUnlessLarge(tree: Job, hash: string): Uint8Array | null {
  const known = packedTrees.get(hash);
  if (known !== undefined) return known;
  const packed = compressTruncatedTree(tree);
  if (packedTrees.size === MAX_PACKED_TREES) packedTrees.clear();
  // The copy has its own memory. The compressed bytes are only the beginning of a buffer of 16 KiB.
  packedTrees.set(hash, packed.length <= INLINE_TREE_BYTES ? new Uint8Array(packed) : null);
  return packed;
}
