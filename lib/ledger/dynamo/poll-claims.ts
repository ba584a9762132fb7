import { truncateObservedJob, truncateObservedText, truncateReadyTexts } from "../watch.ts";
import { pollOverdueAt } from "../watch-deliveries-and-overdue-times.ts";
import type { PollClaim, PollToClaim } from "../watch-ledger.ts";
import { encodeLatestInstants } from "./encoded-instants.ts";
import {
  type LedgerOperation,
  type LedgerTable,
  parseItemOrThrow,
  readItemAndParseOrThrow,
  upsertItem,
} from "./item-operations.ts";
import { treeItemKey, watchItemKey } from "./keys.ts";
import { roundedOverdueIndexAttributesKeepingOrder } from "./overdue-index.ts";
import { createRequestToken } from "./request-token.ts";
import { NO_LEASE, toWatch, WatchItem } from "./watch-item.ts";
import {
  forgetBaseTree,
  planTreeChange,
  rememberBaseTree,
  rememberTreeAtClaim,
  TreeState,
  treeExpirySeconds,
} from "./watch-tree.ts";

/** Each call costs one DynamoDB write. If the poll cannot be claimed, the call also costs one read. */
export const claimPoll: LedgerOperation<"claimPoll"> = async (table, wanted) => {
  const { key, poll, messageId, now, leaseMs } = wanted;
  const requestToken = createRequestToken();
  const claimed = await upsertItem(table, {
    key: watchItemKey(key),
    set: { poll, owner: messageId, leaseUntil: now + leaseMs, requestToken, pollDone: false },
    add: { unfinishedTries: 1 },
    condition: `#state = :watching AND (#poll < :poll
      OR #poll = :poll AND #pollDone = :no AND #leaseUntil < :now)`,
    values: { watching: "watching", poll, no: false, now },
    returnValues: "ALL_OLD",
  });
  if (claimed === null) return explainRefusal(table, wanted, requestToken);
  const before = parseItemOrThrow(WatchItem, claimed);
  rememberTreeAtClaim(table, wanted, before);
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

async function explainRefusal(
  table: LedgerTable,
  wanted: PollToClaim,
  requestToken: string,
): Promise<PollClaim> {
  const { key, poll, messageId } = wanted;
  const found = await readItemAndParseOrThrow(table, WatchItem, watchItemKey(key));
  if (found === null) return { kind: "stale", reason: "missing" };
  if (found.state !== "watching") return { kind: "stale", reason: "over" };
  if (found.poll > poll) return { kind: "stale", reason: "superseded" };
  if (found.pollDone) return { kind: "stale", reason: "done" };
  if (found.requestToken === requestToken) {
    rememberTreeAtClaim(table, wanted, found);
    // The item no longer shows whether an earlier invocation had claimed the poll.
    return {
      kind: "claimed",
      watch: toWatch(found),
      reclaimed: true,
      unfinishedTries: found.unfinishedTries - 1,
    };
  }
  return { kind: found.owner === messageId ? "own_lease" : "other_owner" };
}

/**
 * Each call costs one DynamoDB write. If a large tree has changed, the call also costs one read. If the changes are too
 * large for the watch item, the call also writes the tree item. The call writes the watch item first, so an error while
 * it writes the tree item does not lose the result of the poll.
 */
export const recordPoll: LedgerOperation<"recordPoll"> = async (table, record) => {
  const { key, poll, messageId, nextPollAt, accessError, lastPollError } = record;
  const { set: changedTree, treeItem, base } = await planTreeChange(table, record);
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
      consecutiveFailures: record.consecutiveFailures === 0 ? null : record.consecutiveFailures,
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
  if (treeItem === null) {
    if (recorded === null) return "superseded";
    rememberBaseTree(table, key, base);
    return "recorded";
  }
  // If DynamoDB stored the record, but the response was lost, DynamoDB refuses the second request of the AWS SDK. The
  // tree item is still missing then.
  const state =
    recorded === null
      ? await readItemAndParseOrThrow(table, TreeState, watchItemKey(key))
      : parseItemOrThrow(TreeState, recorded);
  if (state === null || (recorded === null && state.treeHash !== changedTree.treeHash)) return "superseded";
  rememberBaseTree(table, key, base);
  try {
    const expiresAt = treeExpirySeconds(state);
    await upsertItem(table, { key: treeItemKey(key), set: { tree: treeItem, expiresAt } });
  } catch (error) {
    forgetBaseTree(table, key);
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
