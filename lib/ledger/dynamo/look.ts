import type { Job } from "../../job.ts";
import { lookDueAt } from "../due.ts";
import { LOOK_HISTORY } from "../watch.ts";
import type { LookClaim, LookRecord, WatchLedger } from "../watch-ledger.ts";
import { packInstants } from "./instants.ts";
import { overdueShard, treeItemKey, watchItemKey } from "./keys.ts";
import { change, get, type LedgerTable } from "./table.ts";
import { packTree, treeHash } from "./tree.ts";
import { readWatchItem, toWatch, type WatchItem } from "./watch-item.ts";

/** A tree rides in the hot item up to this size, which holds one or two subjobs. */
const INLINE_TREE_BYTES = 250;
/** Trees known to be larger, by hash: most looks see the tree of the look before, and need not pack it to know. */
const large = new Set<string>();
const MOST_LARGE = 1000;

type LookToClaim = Parameters<WatchLedger["claimLook"]>[0];

/** Leases look `n` of a watch to one message, or says why not. One write; a refusal costs a read. */
export async function claimLook(table: LedgerTable, wanted: LookToClaim): Promise<LookClaim> {
  const { key, look, messageId, now, leaseMs } = wanted;
  const claimed = await change(table, {
    key: watchItemKey(key),
    set: { look, owner: messageId, leaseUntil: now + leaseMs, done: false },
    condition:
      "#state = :watching AND (#look < :look OR (#look = :look AND #done = :no AND #leaseUntil < :now))",
    values: { watching: "watching", look, no: false, now },
    answer: "ALL_NEW",
  });
  if (claimed.kind === "written") return { kind: "claimed", watch: toWatch(readWatchItem(claimed.item)) };
  const item = await get(table, watchItemKey(key));
  return item === null ? { kind: "stale", why: "missing" } : explain(readWatchItem(item), wanted);
}

function explain(item: WatchItem, { look, messageId }: LookToClaim): LookClaim {
  if (item.state !== "watching") return { kind: "stale", why: "over" };
  if (item.look > look) return { kind: "stale", why: "superseded" };
  if (item.look === look && item.done) return { kind: "stale", why: "done" };
  return item.owner === messageId ? { kind: "mine" } : { kind: "theirs" };
}

/**
 * Marks a look done and plans the next. One write, and a second one where the tree has changed and is large: that
 * one comes last, because the tree is only shown, while the look must not be lost for its sake.
 */
export async function recordLook(table: LedgerTable, record: LookRecord): Promise<"recorded" | "superseded"> {
  const { key, look, messageId, nextLookAt, trouble, tree } = record;
  const { phase, jobType, resourceName, misses } = record;
  const hash = tree === null ? null : treeHash(tree);
  const inline = tree === null || hash === null ? null : packInline(tree, hash);
  const recorded = await change(table, {
    key: watchItemKey(key),
    set: {
      ...{ done: true, owner: null, leaseUntil: null, nextLookAt, phase, jobType, resourceName, misses },
      ...{ dueAt: lookDueAt(nextLookAt), dueShard: overdueShard(key) },
      ...{ trouble: trouble?.kind ?? null, troubleSince: trouble?.since ?? null },
      lookedAt: packInstants(record.lookedAt.slice(-LOOK_HISTORY)),
      ...(tree === null ? {} : { tree: inline, treeHash: hash }),
    },
    condition: "#state = :watching AND #look = :look AND #done = :no AND #owner = :me",
    values: { watching: "watching", look, no: false, me: messageId },
    answer: "ALL_OLD",
  });
  if (recorded.kind === "refused") return "superseded";
  if (tree === null || inline !== null || recorded.item.treeHash?.S === hash) return "recorded";
  const { expiresAt } = readWatchItem(recorded.item);
  await change(table, { key: treeItemKey(key), set: { tree: packTree(tree), expiresAt } });
  return "recorded";
}

/** The tree for the hot item, or null when it is too large for it. */
function packInline(tree: Job, hash: string): Uint8Array | null {
  if (large.has(hash)) return null;
  const packed = packTree(tree);
  if (packed.length <= INLINE_TREE_BYTES) return packed;
  if (large.size === MOST_LARGE) large.clear();
  large.add(hash);
  return null;
}
