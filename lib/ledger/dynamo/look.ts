import { cutText } from "../../cut-text.ts";
import type { Job, WatchKey } from "../../job.ts";
import { lookDueAt } from "../due.ts";
import { LOOK_HISTORY, type Watch } from "../watch.ts";
import type { LookClaim, LookRecord, WatchLedger } from "../watch-ledger.ts";
import type { Stored } from "./attributes.ts";
import { packInstants } from "./instants.ts";
import { overdueShard, treeItemKey, watchItemKey } from "./keys.ts";
import { change, get, type LedgerTable } from "./table.ts";
import { packTree, treeHash } from "./tree.ts";
import { readWatchItem, seenAttributes, toWatch } from "./watch-item.ts";

/** A tree rides in the hot item up to this size, which holds one or two subjobs. */
const INLINE_TREE_BYTES = 250;
/** So much of why there is no news is kept: every look writes the hot item. */
const SILENCE_BYTES = 200;
/** Trees known to be larger, by hash: most looks see the tree of the look before, and need not pack it to know. */
const large = new Set<string>();
const MOST_LARGE = 1000;

type LookToClaim = Parameters<WatchLedger["claimLook"]>[0];

/**
 * Leases look `n` of a watch to one message, or says why not. One write; a refusal costs a read, and where that finds
 * a lease that has ended, one more write.
 */
export async function claimLook(table: LedgerTable, wanted: LookToClaim): Promise<LookClaim> {
  const first = await lease(table, wanted, "#look < :look", {});
  if (first !== null) return { kind: "claimed", watch: first, again: false };
  const refused = await whyRefused(table, wanted);
  if (refused !== null) return refused;
  const lapsed = "#look = :look AND #done = :no AND #leaseUntil < :now";
  const again = await lease(table, wanted, lapsed, { no: false, now: wanted.now });
  if (again !== null) return { kind: "claimed", watch: again, again: true };
  return (await whyRefused(table, wanted)) ?? { kind: "theirs" };
}

async function lease(
  table: LedgerTable,
  { key, look, messageId, now, leaseMs }: LookToClaim,
  condition: string,
  values: Readonly<Record<string, Stored>>,
): Promise<Watch | null> {
  const claimed = await change(table, {
    key: watchItemKey(key),
    set: { look, owner: messageId, leaseUntil: now + leaseMs, done: false },
    condition: `#state = :watching AND ${condition}`,
    values: { watching: "watching", look, ...values },
    answer: "ALL_NEW",
  });
  return claimed.kind === "written" ? toWatch(readWatchItem(claimed.item)) : null;
}

/** Why this look cannot be claimed; null where its lease has ended. */
async function whyRefused(
  table: LedgerTable,
  { key, look, messageId, now }: LookToClaim,
): Promise<LookClaim | null> {
  const found = await get(table, watchItemKey(key));
  if (found === null) return { kind: "stale", why: "missing" };
  const item = readWatchItem(found);
  if (item.state !== "watching") return { kind: "stale", why: "over" };
  if (item.look > look) return { kind: "stale", why: "superseded" };
  if (item.look === look && item.done) return { kind: "stale", why: "done" };
  if (item.look === look && item.leaseUntil < now) return null;
  return item.owner === messageId ? { kind: "mine" } : { kind: "theirs" };
}

/**
 * Marks a look done and plans the next. One write, and a second one where the tree has changed and is large: that
 * one comes last, because the tree is only shown, while the look must not be lost for its sake.
 */
export async function recordLook(table: LedgerTable, record: LookRecord): Promise<"recorded" | "superseded"> {
  const { key, look, messageId, nextLookAt, trouble, silence, tree } = record;
  const hash = tree === null ? null : treeHash(tree);
  const packed = tree === null || hash === null ? null : packUnlessLarge(tree, hash);
  const inline = packed !== null && packed.length <= INLINE_TREE_BYTES ? packed : null;
  const recorded = await change(table, {
    key: watchItemKey(key),
    set: {
      ...{ done: true, owner: null, leaseUntil: null, nextLookAt, misses: record.misses },
      ...seenAttributes(record),
      ...{ dueAt: lookDueAt(nextLookAt), dueShard: overdueShard(key) },
      ...{ trouble: trouble?.kind ?? null, troubleSince: trouble?.since ?? null },
      ...{
        silence: silence === null ? null : cutText(silence.text.toWellFormed(), SILENCE_BYTES),
        silentSince: silence?.since ?? null,
      },
      lookedAt: packInstants(record.lookedAt.slice(-LOOK_HISTORY)),
      ...(tree === null ? {} : { tree: inline, treeHash: hash }),
    },
    ...(record.waited ? { add: { uncounted: 1 } } : {}),
    condition: "#state = :watching AND #look = :look AND #done = :no AND #owner = :me",
    values: { watching: "watching", look, no: false, me: messageId },
    answer: "ALL_OLD",
  });
  if (recorded.kind === "refused") return "superseded";
  if (tree === null || inline !== null || recorded.item.treeHash?.S === hash) return "recorded";
  const { expiresAt } = readWatchItem(recorded.item);
  try {
    await change(table, { key: treeItemKey(key), set: { tree: packed ?? packTree(tree), expiresAt } });
  } catch (error) {
    await forgetTree(table, key, hash);
    throw error;
  }
  return "recorded";
}

/** Else no later look would write this tree, which the hot item says has been. */
async function forgetTree(table: LedgerTable, key: WatchKey, hash: string | null): Promise<void> {
  const condition = "#treeHash = :hash";
  await change(table, { key: watchItemKey(key), set: { treeHash: null }, condition, values: { hash } });
}

/** The tree packed, or null when it is known to be too large for the hot item. */
function packUnlessLarge(tree: Job, hash: string): Uint8Array | null {
  if (large.has(hash)) return null;
  const packed = packTree(tree);
  if (packed.length <= INLINE_TREE_BYTES) return packed;
  if (large.size === MOST_LARGE) large.clear();
  large.add(hash);
  return packed;
}
