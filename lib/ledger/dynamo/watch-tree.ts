import * as z from "zod/mini";
import type { WatchKey } from "../../domain/job.ts";
import { unwrapLazy } from "../../domain/zod-fields.ts";
import type { PollOfMessage, PollRecord } from "../watch-ledger.ts";
import {
  compressJson,
  compressTruncatedTree,
  computeShortHashOfTreeJson,
  decompressBytes,
  INLINE_TREE_BYTES,
  MAX_CHANGED_JSON_LENGTH,
} from "./compressed-tree.ts";
import type { StoredValues } from "./expression.ts";
import { ceilToEpochSeconds, type LedgerTable, readRawItem } from "./item-operations.ts";
import { treeItemKey } from "./keys.ts";
import { WatchItem } from "./watch-item.ts";

/**
 * The time from the deadline of a watch to the expiry of the tree item of the watch. While the watch is running, the
 * ledger needs the tree item. A watch ends at most a week and an hour after its deadline. When a watch has ended, the
 * stored outcome contains the tree.
 */
const TREE_RETENTION_MS = 8 * 86_400_000;

/** The attributes of the watch item that determine how the ledger stores the tree of the next poll. */
export const TreeState = z.lazy(() =>
  z.pick(unwrapLazy(WatchItem), { treeHash: true, treeChange: true, deadlineAt: true, expiresAt: true }),
);
export type TreeState = z.infer<typeof TreeState>;
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
 * Remembers the tree attributes that the watch item has at the claim of a poll. `planTreeChange` needs them at the end of
 * the poll.
 */
export function rememberTreeAtClaim(table: LedgerTable, claimed: PollOfMessage, item: TreeState): void {
  remember(memoryOf(table).claimed, claimId(claimed), item);
}

/**
 * Remembers the content of the tree item of a watch, so that the next poll does not read it from DynamoDB.
 * @param base the new content, or null if the known content stays valid
 */
export function rememberBaseTree(table: LedgerTable, key: WatchKey, base: BaseTree | null): void {
  if (base !== null) remember(memoryOf(table).bases, watchId(key), base);
}

export function forgetBaseTree(table: LedgerTable, key: WatchKey): void {
  memoryOf(table).bases.delete(watchId(key));
}

/**
 * Decides how to store a tree. A small tree goes into the watch item. A large tree goes into the tree item. Later
 * changes of a large tree go into the watch item, because every poll writes the watch item anyway.
 */
export async function planTreeChange(table: LedgerTable, record: PollRecord): Promise<TreeChange> {
  const { key, tree } = record;
  if (tree === null) return NO_CHANGE;
  const stored = memoryOf(table).claimed.get(claimId(record)) ?? NO_TREE;
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

export function treeExpirySeconds({ deadlineAt, expiresAt }: TreeState): number {
  return Math.min(expiresAt ?? Infinity, ceilToEpochSeconds(deadlineAt + TREE_RETENTION_MS));
}
