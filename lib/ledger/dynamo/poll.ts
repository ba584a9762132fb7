import type { Job, WatchKey } from "../../domain/job.ts";
import { truncate, utf8Bytes } from "../../domain/truncate-text.ts";
import { pollDueAt } from "../due.ts";
import { POLL_HISTORY, type Watch } from "../watch.ts";
import type { PollClaim, PollRecord, WatchLedger } from "../watch-ledger.ts";
import type { Stored } from "./attributes.ts";
import { packInstants } from "./instants.ts";
import { overdueShard, treeItemKey, watchItemKey } from "./keys.ts";
import { change, get, type LedgerTable } from "./table.ts";
import { packTree, treeHash } from "./tree.ts";
import { readWatchItem, seenAttributes, toWatch } from "./watch-item.ts";

/** A tree rides in the hot item up to this size, which holds one or two subjobs. */
const INLINE_TREE_BYTES = 250;
/** So much of why there is no news is kept: every poll writes the hot item. */
const SILENCE_BYTES = 200;
/** Trees known to be larger, by hash: most polls see the tree of the poll before, and need not pack it to know. */
const large = new Set<string>();
const MOST_LARGE = 1000;

type PollToClaim = Parameters<WatchLedger["claimPoll"]>[0];

/**
 * Leases poll `n` of a watch to one message, or says why not. One write; a refusal costs a read, and where that finds
 * a lease that has ended, one more write.
 */
export async function claimPoll(table: LedgerTable, wanted: PollToClaim): Promise<PollClaim> {
  const first = await lease(table, wanted, "#poll < :poll", {});
  if (first !== null) return { kind: "claimed", watch: first, reclaimed: false };
  const refused = await whyRefused(table, wanted);
  if (refused !== null) return refused;
  const lapsed = "#poll = :poll AND #pollDone = :no AND #leaseUntil < :now";
  const again = await lease(table, wanted, lapsed, { no: false, now: wanted.now });
  if (again !== null) return { kind: "claimed", watch: again, reclaimed: true };
  return (await whyRefused(table, wanted)) ?? { kind: "other_owner" };
}

async function lease(
  table: LedgerTable,
  { key, poll, messageId, now, leaseMs }: PollToClaim,
  condition: string,
  values: Readonly<Record<string, Stored>>,
): Promise<Watch | null> {
  const claimed = await change(table, {
    key: watchItemKey(key),
    set: { poll, owner: messageId, leaseUntil: now + leaseMs, pollDone: false },
    condition: `#state = :watching AND ${condition}`,
    values: { watching: "watching", poll, ...values },
    answer: "ALL_NEW",
  });
  return claimed.kind === "written" ? toWatch(readWatchItem(claimed.item)) : null;
}

/** Why this poll cannot be claimed; null where its lease has ended. */
async function whyRefused(
  table: LedgerTable,
  { key, poll, messageId, now }: PollToClaim,
): Promise<PollClaim | null> {
  const found = await get(table, watchItemKey(key));
  if (found === null) return { kind: "stale", reason: "missing" };
  const item = readWatchItem(found);
  if (item.state !== "watching") return { kind: "stale", reason: "over" };
  if (item.poll > poll) return { kind: "stale", reason: "superseded" };
  if (item.poll === poll && item.pollDone) return { kind: "stale", reason: "done" };
  if (item.poll === poll && item.leaseUntil < now) return null;
  return item.owner === messageId ? { kind: "own_lease" } : { kind: "other_owner" };
}

/**
 * Marks a poll done and plans the next. One write, and a second one where the tree has changed and is large: that
 * one comes last, because the tree is only shown, while the poll must not be lost for its sake.
 */
export async function recordPoll(table: LedgerTable, record: PollRecord): Promise<"recorded" | "superseded"> {
  const { key, poll, messageId, nextPollAt, accessError, lastPollError, tree } = record;
  const hash = tree === null ? null : treeHash(tree);
  const packed = tree === null || hash === null ? null : packUnlessLarge(tree, hash);
  const inline = packed !== null && packed.length <= INLINE_TREE_BYTES ? packed : null;
  const recorded = await change(table, {
    key: watchItemKey(key),
    set: {
      pollDone: true,
      owner: null,
      leaseUntil: null,
      nextPollAt,
      consecutiveFailures: record.consecutiveFailures,
      ...seenAttributes(record),
      dueAt: pollDueAt(nextPollAt),
      dueShard: overdueShard(key),
      accessError: accessError?.kind ?? null,
      accessErrorSince: accessError?.since ?? null,
      lastPollError: lastPollError === null ? null : truncate(lastPollError.text, SILENCE_BYTES, utf8Bytes),
      lastPollErrorSince: lastPollError?.since ?? null,
      polledAt: packInstants(record.polledAt.slice(-POLL_HISTORY)),
      ...(tree === null ? {} : { tree: inline, treeHash: hash }),
    },
    ...(record.rateLimited ? { add: { rateLimitedPolls: 1 } } : {}),
    condition: "#state = :watching AND #poll = :poll AND #pollDone = :no AND #owner = :me",
    values: { watching: "watching", poll, no: false, me: messageId },
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

/** Else no later poll would write this tree, which the hot item says has been. */
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
